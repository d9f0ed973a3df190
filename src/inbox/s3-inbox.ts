import { basename } from 'node:path';
import type { Readable } from 'node:stream';
import type { Config } from '../config.js';
import { TallyError } from '../errors.js';
import type { Kept } from './archive.js';
import { companionNames, companionOf, type Entry, type Found } from './companions.js';
import { copyOf, type Copies, type Taken } from './copies.js';
import { IGNORED, inOrder, type Listing } from './folder.js';
import type { Inbox, Put } from './inbox.js';
import { isUrl, placeOf, storeOf, urlOf, type ObjectFacts, type ObjectStore } from './s3-store.js';

/** The tag of an object that was loaded; its value is the ETag, so that another object of its name is none. */
const DONE = 'tally-done';
const AT_ONCE = 8;

/** Deliveries as objects in a bucket. An object is there as a whole or not at all. */
export class S3Inbox implements Inbox {
  private readonly store: ObjectStore;
  private readonly bucket: string;
  /** What the names of its objects begin with; nothing, or something that ends in a slash. */
  private readonly prefix: string;

  constructor(private readonly config: Pick<Config, 'inbox' | 'archive' | 's3'>) {
    this.store = storeOf(config.s3);
    // Also asked for objects that someone names while deliveries lie in a folder.
    const { bucket, key } = isUrl(config.inbox) ? placeOf(config.inbox) : { bucket: '', key: '' };
    [this.bucket, this.prefix] = [bucket, key && `${key}/`];
  }

  async list(): Promise<Listing> {
    const entries: Entry[] = [];
    try {
      for await (const object of this.store.list({ bucket: this.bucket, key: this.prefix })) {
        const entry = entryOf(this.bucket, object, object.key.slice(this.prefix.length));
        const segments = entry.name.split('/');
        if (segments.some((each) => each === '' || IGNORED.test(each)) || this.isArchived(entry.path))
          continue;
        entries.push(entry);
      }
      const { found, alone } = inOrder(entries);
      return { found: await this.notDone(found), alone, errors: [] };
    } catch (error) {
      if (!(error instanceof TallyError)) throw error;
      return { found: [], alone: [], errors: [error] };
    }
  }

  async find(url: string): Promise<Found | undefined> {
    const { bucket, key } = placeOf(url);
    const object = await this.store.head({ bucket, key });
    if (!object) return undefined;
    const file = entryOf(bucket, object, this.nameOf(url) ?? basename(key));
    const beside = companionNames(key).map(async (name) => {
      const facts = await this.store.head({ bucket, key: name });
      const is = companionOf(name)!;
      return facts ? [{ ...entryOf(bucket, facts, file.name + is.ending), ...is }] : [];
    });
    return { ...file, companions: (await Promise.all(beside)).flat() };
  }

  nameOf(url: string): string | undefined {
    const below = `s3://${this.bucket}/${this.prefix}`;
    return url.startsWith(below) ? url.slice(below.length) : undefined;
  }

  open({ path, version }: Entry, signal?: AbortSignal): Promise<Readable> {
    return this.store.get(placeOf(path), version, signal);
  }

  async take(found: Found, copies: Copies, signal?: AbortSignal): Promise<Taken> {
    return copyOf(await this.open(found, signal), copies, signal);
  }

  async done(found: Found, _: Taken, put: Put, record: (kept: Kept) => Promise<unknown>): Promise<void> {
    const place = placeOf(found.path);
    // A new delivery under the same name is for the next run.
    if ((await this.store.head(place))?.etag !== found.version) return;
    if (this.config.s3.done === 'tag') {
      await record({ place: found.path, packed: false });
      const others = (await this.store.tagsOf(place)).filter(({ Key }) => Key !== DONE);
      await this.store.tag(place, [...others, { Key: DONE, Value: tagValue(found.version) }]);
      return;
    }
    await put('move', { url: found.path, version: found.version });
    await this.remove(found);
    for (const companion of found.companions) await this.remove(companion);
  }

  async remove({ path, version }: Entry): Promise<void> {
    const place = placeOf(path);
    // Asked first, because not every server heeds the condition of a deletion.
    if ((await this.store.head(place))?.etag === version) await this.store.remove(place, version);
  }

  private isArchived(url: string): boolean {
    return url.startsWith(`${this.config.archive}/`);
  }

  /** Those without the tag. A listing does not tell tags, so each object is asked. */
  private async notDone(found: Found[]): Promise<Found[]> {
    if (this.config.s3.done !== 'tag') return found;
    const isDone = new Set<Found>();
    const waiting = [...found];
    const ask = async (): Promise<void> => {
      for (let file = waiting.shift(); file; file = waiting.shift()) {
        const value = tagValue(file.version);
        const tags = await this.store.tagsOf(placeOf(file.path));
        if (tags.some((tag) => tag.Key === DONE && tag.Value === value)) isDone.add(file);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, ask));
    return found.filter((file) => !isDone.has(file));
  }
}

function entryOf(bucket: string, { key, modified, etag }: ObjectFacts, name: string): Entry {
  return {
    path: urlOf({ bucket, key }),
    name,
    arrivedAt: modified,
    writtenAt: modified,
    isFolder: false,
    mayGrow: false,
    version: etag,
  };
}

function tagValue(etag: string | undefined): string {
  return (etag ?? '').replaceAll('"', '');
}
