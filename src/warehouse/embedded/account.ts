import { stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { embeddedFailed } from './failure.js';
import { lastLines, run } from './run.js';
import type { Account } from './run.js';

const OWN_ACCOUNT = 'tallyhouse';
const SETTLED_AFTER_MS = 2000;

/**
 * As whom the server runs. PostgreSQL refuses root, so for root it is whoever owns the data already, or the
 * machine's `postgres`, or a user made for it. Undefined means oneself: the case of everyone but root.
 */
export async function serverAccount(data: string): Promise<Account | undefined> {
  if (process.geteuid?.() !== 0) return undefined;
  const owner = await stat(data).catch(() => undefined);
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  return (await findAccount('postgres')) ?? (await findAccount(OWN_ACCOUNT)) ?? createAccount();
}

/** initdb wants to find the user's name: a number that no one has would not do. */
async function findAccount(name: string): Promise<Account | undefined> {
  const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]);
  return uid.ok && gid.ok ? { uid: Number(uid.output), gid: Number(gid.output) } : undefined;
}

async function createAccount(): Promise<Account> {
  const useradd = await run('useradd', [
    '--system',
    '--no-create-home',
    '--shell',
    '/usr/sbin/nologin',
    OWN_ACCOUNT,
  ]);
  // Alpine has the other.
  const adduser = useradd.ok ? useradd : await run('adduser', ['-S', '-D', '-H', OWN_ACCOUNT]);
  // useradd looks for the name before it takes its lock: two at once both succeed, and the later one changes the
  // number. What counts is what stands there when both are through; this happens once on a machine.
  await sleep(SETTLED_AFTER_MS);
  const account = await findAccount(OWN_ACCOUNT);
  if (account) return account;
  const said = lastLines(`${useradd.output}\n${adduser.output}`);
  throw embeddedFailed(
    `PostgreSQL does not run as root, and a system user "${OWN_ACCOUNT}" for it could not be made: ${said}`,
    'Run tally as an ordinary user, or make that user by hand.',
  );
}
