import { checkBroken, makeBrokenFile } from './broken.js';
import { Dice } from './dice.js';
import { brokenFailure, failureOf } from './failure.js';
import { makeAnyFeed, type MadeFeed } from './feeds.js';
import { makeAnyFile } from './files.js';
import { checkFilling, checkLoad, type Case, type Database } from './loading.js';
import { checkReading, count, type Tally } from './pure.js';
import { smallest } from './smallest.js';

/**
 * So many files share a feed. All of them go through the filling of a version (reader, checks, writer, COPY), and the
 * first through a whole load, from ledger to exchange.
 */
export const FILES_OF_A_FEED = 20;
/** Beside them, so many files of a hundred rows of which one is broken. */
const BROKEN_FILES = 5;
/** One in so many files has some blocks, and more invalid rows than wait in memory. */
const LONG_FILES = 2000;
const LONG_ROWS = 60_000;

export interface Run {
  files: number;
  seed: number;
  /** Called now and then with the number of files done. */
  progress?(files: number): void;
}

/** Loads files made by chance and compares; throws with the smallest file at the first that is not loaded as it must be. */
export async function fuzz(database: Database, { files, seed, progress }: Run): Promise<Tally> {
  const tally: Tally = {};
  for (let done = 0; done < files; done += FILES_OF_A_FEED) {
    // A feed and its files have a seed of their own, so that a failure is seen again at once.
    await checkFeed(database, seed + done / FILES_OF_A_FEED, Math.min(FILES_OF_A_FEED, files - done), tally);
    if (done % LONG_FILES === 0) await checkLongFile(database, seed + done / FILES_OF_A_FEED, tally);
    progress?.(done + FILES_OF_A_FEED);
  }
  return tally;
}

async function checkFeed(database: Database, seed: number, files: number, tally: Tally): Promise<void> {
  const dice = new Dice(seed);
  const made = makeAnyFeed(dice);
  const cases: Case[] = [];
  count(tally, 'feeds');
  for (let i = 0; i < files; i++) {
    const file = makeAnyFile(dice, made);
    count(tally, 'files');
    count(tally, 'bytes', file.length);
    try {
      cases.push({ file, fate: await checkReading(made, file, new Dice(seed + i), tally) });
    } catch (error) {
      const fails = (each: Buffer) => failing(checkReading(made, each, new Dice(seed + i), {}));
      await reportSmallest(seed, made, file, fails, error);
    }
  }
  for (let i = 0; i < BROKEN_FILES; i++) await checkBrokenFile(seed, seed * BROKEN_FILES + i, tally);
  const filling = (some: Case[]) => checkFilling(database, made, some, tally);
  await filling(cases).catch((error: unknown) => findAmong(seed, made, cases, filling, error));
  const loading = async ([one]: Case[]) => one && checkLoad(database, made, one, `fuzz_${++loads}`, tally);
  await loading(cases).catch((error: unknown) => findAmong(seed, made, cases.slice(0, 1), loading, error));
}

async function checkBrokenFile(seed: number, ownSeed: number, tally: Tally): Promise<void> {
  const broken = makeBrokenFile(new Dice(ownSeed));
  count(tally, 'files of a hundred rows with a broken one');
  try {
    await checkBroken(broken, tally);
  } catch (error) {
    throw brokenFailure(seed, broken, error);
  }
}

/** A file of several blocks goes through a whole load; it is looked at with the same oracle, and not made smaller. */
async function checkLongFile(database: Database, seed: number, tally: Tally): Promise<void> {
  const dice = new Dice(seed);
  const made = { ...makeAnyFeed(dice), maxRowBytes: 1024 * 1024 };
  const file = makeAnyFile(dice, made, LONG_ROWS);
  count(tally, 'long files');
  count(tally, 'bytes of long files', file.length);
  try {
    const fate = await checkReading(made, file, dice, tally);
    await checkLoad(database, made, { file, fate }, `fuzz_${++loads}`, tally);
  } catch (error) {
    throw failureOf(seed, made, file, file.length, error);
  }
}

let loads = 0;

/** Which of the files it is, and how small it can be made. */
async function findAmong(
  seed: number,
  made: MadeFeed,
  cases: Case[],
  stage: (some: Case[]) => Promise<unknown>,
  error: unknown,
): Promise<void> {
  for (const each of cases) {
    const fails = (file: Buffer) =>
      failing(checkReading(made, file, new Dice(seed), {}).then((fate) => stage([{ file, fate }])));
    if (await failing(stage([each]))) await reportSmallest(seed, made, each.file, fails, error);
  }
  throw failureOf(seed, made, Buffer.concat(cases.map(({ file }) => file)), 0, error);
}

async function reportSmallest(
  seed: number,
  made: MadeFeed,
  file: Buffer,
  fails: (file: Buffer) => Promise<boolean>,
  error: unknown,
): Promise<never> {
  const small = await smallest(file, fails);
  throw failureOf(seed, made, small, file.length, error);
}

async function failing(work: Promise<unknown>): Promise<boolean> {
  try {
    await work;
    return false;
  } catch {
    return true;
  }
}
