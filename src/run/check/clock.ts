import type { Clock } from '../../clock.js';
import type { Client } from '../../warehouse/connect.js';
import { statement } from '../../warehouse/statements.js';
import { ok, trouble, type Finding } from './finding.js';

/** More than this is no delay of the network: business dates and what is late would be told wrongly. */
const TOLERANCE_SECONDS = 5;
const EXPECTED = `server and this machine within ${TOLERANCE_SECONDS} s, and nothing in the ledger from the future`;
const MEND = 'set the clocks by the network on both machines: timedatectl set-ntp true';

/** This machine's clock against the server's, and against what the ledger has seen already. */
export async function checkClock(client: Client, clock: Clock): Promise<Finding[]> {
  const before = clock.now().getTime();
  const { rows } = await client.query<{ now: Date; latest: Date | null }>(statement('check/ask_time'));
  const here = (before + clock.now().getTime()) / 2;
  const { now, latest } = rows[0]!;
  const skew = (now.getTime() - here) / 1000;
  if (Math.abs(skew) > TOLERANCE_SECONDS) {
    const actual = `the server is ${Math.abs(skew).toFixed(0)} s ${skew > 0 ? 'ahead of' : 'behind'} this machine`;
    return [trouble('clock', EXPECTED, actual, MEND)];
  }
  if (latest && latest.getTime() - here > TOLERANCE_SECONDS * 1000) {
    const actual = `the ledger has a run of ${latest.toISOString()}, which is yet to come`;
    return [trouble('clock', EXPECTED, actual, MEND)];
  }
  return [ok('clock', EXPECTED, `${Math.abs(skew).toFixed(1)} s apart`)];
}
