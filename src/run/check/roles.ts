import type { Client } from '../../warehouse/connect.js';
import { findPrefix, listChanges, rolesOf } from '../../warehouse/roles.js';
import { statement } from '../../warehouse/statements.js';
import { ok, psql, trouble, type Finding } from './finding.js';

const EXPECTED = 'a login that may load, and owner, loader and analyst with what each needs and no more';

interface Login {
  login: string;
  owner: string;
  is_superuser: boolean;
  is_owner: boolean;
  is_loader: boolean;
}

/** Only trouble is told: a login that is not among those who may load. */
export async function checkLogin(client: Client): Promise<Finding[]> {
  const login = await findLogin(client);
  if (!login || login.is_owner || login.is_loader) return [];
  const prefix = await findPrefix(client);
  const words = { role: prefix === undefined ? login.owner : rolesOf(prefix).loader, login: login.login };
  const actual = `${login.login} may neither migrate nor load: the ledger is ${login.owner}'s`;
  return [trouble('roles', EXPECTED, actual, psql(statement('roles/mend_login', words)))];
}

/** As whom we are connected, and whether the roles of `tally db roles`, where they were made, are still what they were. */
export async function checkRoles(client: Client): Promise<Finding[]> {
  const { login, is_superuser: isSuperuser, is_owner: isOwner } = (await findLogin(client))!;
  const prefix = await findPrefix(client);
  const what = isSuperuser ? 'a superuser' : isOwner ? 'an owner' : 'a loader';
  if (prefix === undefined)
    return [ok('roles', EXPECTED, `${login} (${what}); no roles: whoever loads owns everything`)];
  const due = (await listChanges(client, prefix)).filter(({ isOfLogin }) => !isOfLogin);
  const names = `${login} (${what}) among ${Object.values(rolesOf(prefix)).join(', ')}`;
  if (due.length === 0) return [ok('roles', EXPECTED, names)];
  const actual = `${due.length} statements are missing, such as: ${due[0]!.statement}`;
  return [trouble('roles', EXPECTED, actual, `tally db roles --prefix ${prefix}`)];
}

async function findLogin(client: Client): Promise<Login | undefined> {
  const { rows } = await client.query<Login>(statement('roles/find_login'));
  return rows[0];
}
