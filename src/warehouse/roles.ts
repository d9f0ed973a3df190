import type { Client } from './connect.js';
import { expectedSchema } from './schema.js';
import { statement } from './statements.js';
import { transaction } from './transaction.js';

/** A statement that is left to do. */
interface Change {
  statement: string;
  /** Whether the owner can do it; else it is the administrator's. */
  inReach: boolean;
  /** Whether only the login that asks wants it, to be able to do the others. */
  isOfLogin: boolean;
}

/**
 * The groups that a warehouse is worked with: the owner migrates, the loader loads, the analyst reads. They are no
 * logins; those are the administrator's, and members of one.
 */
export interface Roles {
  owner: string;
  loader: string;
  analyst: string;
}

export function rolesOf(prefix: string): Roles {
  return { owner: `${prefix}_owner`, loader: `${prefix}_loader`, analyst: `${prefix}_analyst` };
}

/** What the names of the roles begin with; undefined where there are none, and one login owns and does everything. */
export async function findPrefix(client: Client): Promise<string | undefined> {
  const { rows } = await client.query<{ prefix: string }>(statement('roles/find_prefix'));
  return rows[0]?.prefix;
}

/** What is left to do so that each may what it needs, and nothing else. */
export async function listChanges(client: Client, prefix: string): Promise<Change[]> {
  const tables = expectedSchema().filter(({ kind, schema }) => kind === 'table' && schema === 'public');
  const { rows } = await client.query<{ statement: string; in_reach: boolean; is_of_login: boolean }>(
    statement('roles/list_changes'),
    [prefix, tables.map(({ relation }) => relation)],
  );
  return rows.map((row) => ({
    statement: row.statement,
    inReach: row.in_reach,
    isOfLogin: row.is_of_login,
  }));
}

/** Makes the roles what they should be, all at once or not at all, and tells by which statements. */
export async function makeRoles(client: Client, prefix: string): Promise<string[]> {
  // As the administrator who has logged in, not as the loader that a session becomes.
  await client.query(statement('warehouse/reset_role'));
  return transaction(client, async () => {
    await client.query(statement('load/set_patience', { patience: '10s' }));
    const changes = await listChanges(client, prefix);
    for (const change of changes) await client.query(change.statement);
    return changes.map((change) => change.statement);
  });
}

/** Brings grants up to date after tables or views were made, as far as that is the owner's. The caller holds the transaction. */
export async function keepGrants(client: Client): Promise<void> {
  await takeOwnerRole(client);
  const prefix = await findPrefix(client);
  if (prefix === undefined) return;
  const changes = await listChanges(client, prefix);
  for (const change of changes.filter(({ inReach }) => inReach)) await client.query(change.statement);
}

/** For the rest of the caller's transaction; nothing where there are no roles, or where the login is not the owner. */
export async function takeOwnerRole(client: Client): Promise<void> {
  await client.query(statement('warehouse/take_owner_role', { is_local: 'true' }));
}
