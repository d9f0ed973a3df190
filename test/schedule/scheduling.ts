import { askLedger } from '../../src/run/status.js';
import { loadSchedule, type Job } from '../../src/schedule/schedule.js';
import type { Client } from '../../src/warehouse/connect.js';
import type { Workspace } from '../setup/workspace.js';

export const HEADER = 'customer_number,customer_rating,customer_rating_limit,customer_status\n';

/** Writes schedule.yaml and gives its jobs. */
export function declare(workspace: Workspace, text: string): Job[] {
  workspace.write('schedule.yaml', text);
  return loadSchedule(workspace.config());
}

export function ask<T>(workspace: Workspace, question: (client: Client) => Promise<T>): Promise<T> {
  return askLedger(workspace.config(), question);
}

/** What the ledger says of the slots, the earliest first. */
export function slotsOf(workspace: Workspace, columns = 'slot, state'): Promise<Record<string, unknown>[]> {
  return workspace.query(`select ${columns} from tally.slots order by job, slot`);
}

/** A slot that waits, due long ago. */
export async function planSlot(
  workspace: Workspace,
  job: string,
  slot = '2026-11-21T02:30:00Z',
): Promise<string> {
  const [row] = await workspace.query<{ slot_id: string }>(
    'insert into tally.slots (job, slot, not_before) values ($1, $2, $2) returning slot_id',
    [job, slot],
  );
  return row!.slot_id;
}

/** Asks until it is so; what never becomes so fails the test by its time. */
export async function until(isSo: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 50));
}
