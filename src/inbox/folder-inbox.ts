import { createReadStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { basename, relative, resolve, sep } from 'node:path';
import type { Readable } from 'node:stream';
import { stampOf } from '../content/stamp.js';
import { companionNames, companionOf, type Entry, type Found } from './companions.js';
import type { Taken } from './copies.js';
import { entryAt, fingerprint, listInbox, unreadable, type Listing } from './folder.js';
import type { Inbox, Put } from './inbox.js';

/** Deliveries in a folder of this machine, and in those below it. */
export class FolderInbox implements Inbox {
  constructor(private readonly folder: string) {}

  list(): Promise<Listing> {
    return listInbox(this.folder);
  }

  async find(given: string): Promise<Found | undefined> {
    const path = resolve(given);
    const file = await entryAt(path, this.nameOf(path) ?? basename(path));
    if (!file) return undefined;
    const beside = companionNames(path).map(async (each) => {
      const entry = await entryAt(each, file.name + each.slice(path.length));
      return entry && !entry.isFolder ? [{ ...entry, ...companionOf(each)! }] : [];
    });
    return { ...file, companions: (await Promise.all(beside)).flat() };
  }

  nameOf(path: string): string | undefined {
    const below = relative(this.folder, resolve(path));
    const isBelow =
      !below.startsWith('..') && !below.startsWith(sep) && resolve(this.folder, below) === resolve(path);
    return isBelow ? below.split(sep).join('/') : undefined;
  }

  open({ path }: Entry): Promise<Readable> {
    return new Promise((resolve, reject) => {
      const stream = createReadStream(path);
      stream.once('open', () => resolve(stream));
      stream.once('error', (error) => void unreadable(path, error).then(reject));
    });
  }

  async take({ path }: Found): Promise<Taken> {
    return { path, ...(await fingerprint(path)), release: () => Promise.resolve() };
  }

  async done(found: Found, taken: Taken, put: Put): Promise<void> {
    // Another run, which was waited for, has put the same file away; or it is a new delivery under the same name,
    // which the next run meets.
    if ((await stampAt(found.path)) !== taken.stamp) return;
    await put('move');
    await this.remove({ ...found, version: taken.stamp });
    for (const companion of found.companions) await this.remove(companion);
  }

  async remove({ path, version }: Entry): Promise<void> {
    if ((await stampAt(path)) === version) await rm(path);
  }
}

async function stampAt(path: string): Promise<string | undefined> {
  const facts = await stat(path, { bigint: true }).catch(() => undefined);
  return facts && stampOf(facts);
}
