import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { finished, type Ran, type Workspace } from '../setup/workspace.js';

/** Kills a command where it waits for what `lock` holds; the server has noticed when the lock is given back. */
export async function killWaitingFor(workspace: Workspace, args: string[], lock: string): Promise<void> {
  await whileWaitingFor(workspace, args, lock, async (child) => {
    child.kill('SIGKILL');
    const others = "application_name like 'tally%'";
    await until(async () => (await connections(workspace, others)) === 0, 'a connection did not end');
  });
}

/** Does something while a command waits for what `lock` holds, lets go of it, and gives what the command printed. */
export async function whileWaitingFor(
  workspace: Workspace,
  args: string[],
  lock: string,
  act: (child: ChildProcess) => Promise<void>,
): Promise<Ran> {
  const holder = new pg.Client(workspace.url);
  await holder.connect();
  try {
    await holder.query(`begin; ${lock}`);
    const child = workspace.start(args);
    const ended = finished(child);
    await untilWaiting(workspace, 1);
    await act(child);
    await holder.query('rollback');
    return await ended;
  } finally {
    await holder.end();
  }
}

/** Until so many connections wait for a lock. */
export async function untilWaiting(workspace: Workspace, count: number): Promise<void> {
  const isSo = async () => (await connections(workspace, "wait_event_type = 'Lock'")) >= count;
  await until(isSo, 'nobody came to wait');
}

async function connections(workspace: Workspace, which: string): Promise<number> {
  const sql = `select from pg_stat_activity where datname = current_database() and ${which}`;
  return (await workspace.query(sql)).length;
}

async function until(isSo: () => Promise<boolean>, otherwise: string): Promise<void> {
  for (let asked = 0; !(await isSo()); asked++) {
    if (asked > 3000) throw new Error(otherwise);
    await sleep(20);
  }
}
