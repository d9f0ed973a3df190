import type { Client, Warehouse } from '../warehouse/connect.js';

/** From here on a second look at the same time saves more than its connection costs. */
const MANY_ROWS = 250_000;

/** The second connection of a load whose version is large: for what can be done beside something else. */
export class SecondConnection {
  /** None if the version is not worth it. */
  client: Promise<Client> | undefined;

  constructor(private readonly warehouse: Pick<Warehouse, 'connect'>) {}

  /** Nobody waits for it yet. */
  openFor(rows: number): void {
    if (rows < MANY_ROWS) return;
    this.client = this.warehouse.connect('tally version');
    // That it failed is told to whoever uses it, who may come later, or not at all.
    this.client.catch(() => {});
  }

  async close(): Promise<void> {
    const client = await this.client?.catch(() => undefined);
    await client?.end().catch(() => {});
  }
}
