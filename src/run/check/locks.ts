import type { Client } from '../../warehouse/connect.js';
import { quoteLiteral, statement } from '../../warehouse/statements.js';
import { ok, psql, trouble, type Finding } from './finding.js';

/** As long as a load waits to be published by default. */
const PATIENCE_SECONDS = 300;
const EXPECTED = `nobody idle in a transaction on a table for more than ${PATIENCE_SECONDS} s`;

/** Locks on tables that someone has forgotten: a query that is being worked at is none. */
export async function checkLocks(client: Client, patienceSeconds = PATIENCE_SECONDS): Promise<Finding[]> {
  const { rows } = await client.query<{
    pid: number | null;
    user: string;
    application: string | null;
    seconds: number;
    gid: string | null;
  }>(statement('check/list_idle_holders'), [patienceSeconds]);
  if (rows.length === 0) return [ok('locks', EXPECTED, 'none is stale')];
  return rows.map(({ pid, user, application, seconds, gid }) => {
    const who = gid === null ? `pid ${pid} (${user}${application ? `, ${application}` : ''})` : '';
    return gid === null
      ? trouble(
          'locks',
          EXPECTED,
          `${who} has been idle in a transaction for ${seconds} s`,
          psql(statement('check/mend_connection', { pid: String(pid) })),
        )
      : trouble(
          'locks',
          EXPECTED,
          `the prepared transaction ${gid} (${user}) has waited for ${seconds} s`,
          psql(`rollback prepared ${quoteLiteral(gid)}`),
        );
  });
}
