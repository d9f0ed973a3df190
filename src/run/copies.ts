import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../config.js';
import type { Copies } from '../inbox/copies.js';
import type { Client, Warehouse } from '../warehouse/connect.js';
import { tryLock, unlock } from '../warehouse/locks.js';

/**
 * Copies of files in `.tally/incoming/`, each command in a folder of its own. Whose command is alive holds the lock
 * of its folder, over a connection that goes with it: so what a crash has left is known, and goes when the next copy
 * is made.
 */
export class CommandCopies implements Copies {
  private readonly folders: string;
  private readonly own = randomUUID();
  private client: Client | undefined;
  private made: Promise<string> | undefined;
  private count = 0;

  constructor(
    { workspace }: Pick<Config, 'workspace'>,
    private readonly warehouse: Warehouse,
  ) {
    this.folders = join(workspace, '.tally', 'incoming');
  }

  async newPath(): Promise<string> {
    this.made ??= this.make();
    return join(await this.made, String(++this.count));
  }

  async remove(): Promise<void> {
    if (!this.made) return;
    await rm(join(this.folders, this.own), { recursive: true, force: true });
    await this.client?.end().catch(() => {});
  }

  private async make(): Promise<string> {
    // Not a connection that loads: between two queries of a load this one must not wait, nor fail with it.
    const client = (this.client = await this.warehouse.connect('tally copies'));
    await tryLock(client, lockOf(this.own));
    const folder = join(this.folders, this.own);
    await mkdir(folder, { recursive: true });
    for (const other of await readdir(this.folders)) {
      if (other === this.own || !(await tryLock(client, lockOf(other)))) continue;
      await rm(join(this.folders, other), { recursive: true, force: true });
      await unlock(client, lockOf(other));
    }
    return folder;
  }
}

function lockOf(name: string): string {
  return `tally incoming ${name}`;
}
