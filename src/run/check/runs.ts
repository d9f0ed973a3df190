import { hostname } from 'node:os';
import type { Client } from '../../warehouse/connect.js';
import { statement } from '../../warehouse/statements.js';
import { ok, psql, trouble, type Finding } from './finding.js';

interface OpenRun {
  run_id: string;
  command: string;
  host: string;
  process_id: number;
  started_at: Date;
  /** The connection that holds the run's lock: none once its process has died. */
  pid: number | null;
  loads: string | null;
}

const LOADS = 'no load without an outcome, unless its run is going on';
const LOCKS = 'every lock of a run held by a process that lives';

/** Runs and loads that were never closed, and locks that nobody needs any more. */
export async function checkRuns(client: Client): Promise<Finding[]> {
  const { rows } = await client.query<OpenRun>(statement('check/list_open_runs'));
  const dead = rows.filter((run) => run.pid === null);
  const stale = rows.filter((run) => run.pid !== null && isGoneFromHere(run));
  const alive = rows.length - dead.length - stale.length;
  const unfinished = dead.map((run) => trouble('loads', LOADS, toldOf(run), 'tally run'));
  const locks = stale.map((run) => {
    const actual = `the process of run ${run.run_id} (${run.process_id} on ${run.host}) is gone, and connection ${run.pid} holds its lock still`;
    return trouble(
      'locks',
      LOCKS,
      actual,
      psql(statement('check/mend_connection', { pid: String(run.pid) })),
    );
  });
  return [
    ...(unfinished.length > 0
      ? unfinished
      : [ok('loads', LOADS, alive === 0 ? 'all are closed' : `all are closed but those of ${runs(alive)}`)]),
    ...locks,
  ];
}

function toldOf({ run_id: runId, command, host, process_id: process, started_at: began, loads }: OpenRun) {
  const what = `run ${runId} (${command}, process ${process} on ${host}, since ${began.toISOString()})`;
  return `${what} ended without a word${loads ? `; open: ${loads}` : ''}`;
}

function runs(count: number): string {
  return count === 1 ? 'a run that is going on' : `${count} runs that are going on`;
}

/** Of a process on another machine only its connection tells. */
function isGoneFromHere({ host, process_id: id }: OpenRun): boolean {
  if (host !== hostname()) return false;
  try {
    process.kill(id, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
