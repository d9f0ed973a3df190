import { appendFile, lchown, mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Binaries } from './binaries.js';
import { canEnter, settleOutside } from './closed-folders.js';
import { codeOf, embeddedFailed, hintFor } from './failure.js';
import { settlePassword } from './password.js';
import { exists, findPlace, isCluster, isLink } from './place.js';
import type { Place } from './place.js';
import { lastLines, run } from './run.js';
import type { Account } from './run.js';

/**
 * A warehouse of one machine that is loaded in bulk and can be loaded again: no replicas to feed (so COPY into a
 * new table writes no WAL), few and large checkpoints. The port is the starter's choice and stands in no file.
 */
const SETTINGS = `
# ---- Tallyhouse ----
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 60
shared_buffers = 256MB
maintenance_work_mem = 256MB
wal_level = minimal
max_wal_senders = 0
max_wal_size = 4GB
checkpoint_timeout = 15min
logging_collector = off
timezone = 'UTC'
log_timezone = 'UTC'
`;

const ATTEMPT = 'tally-unfinished-';
const ABANDONED_AFTER_MS = 60 * 60 * 1000;

/** Sees to it that the workspace has a database, and tells where. */
export async function ensureCluster(
  place: Place,
  account: Account | undefined,
  binaries: Binaries,
): Promise<Place> {
  if (await isCluster(place.data)) return place;
  await mkdir(place.folder).catch(unlessThere);
  const password = await settlePassword(place);
  const settled = (await isLink(place.entry)) || (await exists(place.entry));
  if (account && !settled && !(await canEnter(account, place.folder))) {
    await settleOutside(place, password, account);
  }
  const final = await findPlace(place.workspace);
  await createCluster(final.data, password, account, binaries);
  return final;
}

/**
 * Made in a folder beside its place and renamed: a crash leaves nothing half made, and of two that do it at once
 * the second finds the place taken and uses the first one's.
 */
async function createCluster(
  data: string,
  password: string,
  account: Account | undefined,
  binaries: Binaries,
): Promise<void> {
  const parent = dirname(data);
  await mkdir(parent, { recursive: true });
  await removeAbandoned(parent);
  const attempt = await mkdtemp(join(parent, ATTEMPT));
  const passwordFile = join(attempt, 'password');
  const made = join(attempt, 'data');
  try {
    await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
    if (account) {
      for (const path of [passwordFile, attempt]) await lchown(path, account.uid, account.gid);
    }
    await initdb(binaries, made, passwordFile, account, data);
    await appendFile(join(made, 'postgresql.conf'), SETTINGS);
    await rename(made, data).catch(async (error: unknown) => {
      if (!(await isCluster(data))) throw error;
    });
  } finally {
    await rm(attempt, { recursive: true, force: true });
  }
}

function unlessThere(error: unknown): void {
  if (codeOf(error) !== 'EEXIST') throw error;
}

async function initdb(
  binaries: Binaries,
  made: string,
  passwordFile: string,
  account: Account | undefined,
  data: string,
): Promise<void> {
  const { ok, output } = await run(
    binaries.initdb,
    [
      `--pgdata=${made}`,
      '--username=tally',
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--locale=C',
      '--no-instructions',
    ],
    { account },
  );
  if (ok) return;
  throw embeddedFailed(
    `The embedded database could not be made in ${data}: ${lastLines(output)}`,
    hintFor(output),
  );
}

/** What crashed attempts left: an attempt takes seconds, so an old one has no owner any more. */
async function removeAbandoned(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    if (!name.startsWith(ATTEMPT)) continue;
    const path = join(parent, name);
    const age = Date.now() - (await stat(path).catch(() => ({ mtimeMs: Infinity }))).mtimeMs;
    if (age > ABANDONED_AFTER_MS) await rm(path, { recursive: true, force: true });
  }
}
