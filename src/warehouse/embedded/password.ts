import { randomBytes } from 'node:crypto';
import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { codeOf, embeddedFailed } from './failure.js';
import type { Place } from './place.js';

/** The password of a database that exists. */
export async function readPassword(place: Place): Promise<string> {
  try {
    return (await readFile(place.password, 'utf8')).trim();
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
    throw embeddedFailed(
      `The embedded database is there (${place.data}), but its password is not: ${place.password} is missing.`,
      `Put that file back; or move ${place.entry} away, and an empty database is made.`,
      error,
    );
  }
}

/**
 * The password for a database that is about to be made. It is there before the database, and the first one to
 * be written stays: two processes that make the database at once agree on it, whosever database wins, and one
 * that was left behind by a crash is used by the next. A link, unlike a rename, never replaces.
 */
export async function settlePassword(place: Place): Promise<string> {
  const mine = `${place.password}.${randomBytes(6).toString('hex')}`;
  try {
    await writeFile(mine, `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' });
    await link(mine, place.password);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  } finally {
    await rm(mine, { force: true });
  }
  return readPassword(place);
}
