import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { Config } from '../config.js';
import { TallyError } from '../errors.js';
import type { Kept, PutAway } from './archive.js';
import type { Companion, Entry, Found } from './companions.js';
import type { Copies, Taken } from './copies.js';
import { FolderInbox } from './folder-inbox.js';
import type { Listing } from './folder.js';
import { readChecksum, readManifest, type Manifest } from './manifest.js';
import { S3Inbox } from './s3-inbox.js';
import { isUrl } from './s3-store.js';

/** Puts a file into the archive: it may be moved there, or must stay. */
export type Put = (how: 'move' | 'copy', object?: PutAway['object']) => Promise<void>;

/** Where deliveries lie: one file for each kind, and one conformance test for all of them. */
export interface Inbox {
  /** What lies in it. */
  list(): Promise<Listing>;
  /** What lies at a place that someone names, in the inbox or not. */
  find(path: string): Promise<Found | undefined>;
  /** The name below the inbox; undefined for what lies elsewhere. */
  nameOf(path: string): string | undefined;
  /** Its bytes as a stream. */
  open(entry: Entry): Promise<Readable>;
  /** The file on this machine, with its checksum: itself, or a copy of it. */
  take(found: Found, copies: Copies, signal?: AbortSignal): Promise<Taken>;
  /**
   * Takes a delivery that was loaded out of the way, with what lies beside it, if it is still the one that was taken:
   * `put` puts it into the archive. Where it is kept in place, `record` is told so instead.
   */
  done(found: Found, taken: Taken, put: Put, record: (kept: Kept) => Promise<unknown>): Promise<void>;
  /** Removes a companion, if it is still the one that was listed. */
  remove(entry: Entry): Promise<void>;
}

export function openInbox(config: Pick<Config, 'inbox' | 'archive' | 's3'>): Inbox {
  return inboxFor(config, config.inbox);
}

/** What reads a place that someone names, which may be elsewhere than deliveries lie. */
export function inboxFor(config: Pick<Config, 'inbox' | 'archive' | 's3'>, place: string): Inbox {
  return isUrl(place) ? new S3Inbox(config) : new FolderInbox(config.inbox);
}

const MOST_COMPANION_BYTES = 1024 * 1024;

/** What an agency sent along with a file. */
export interface Sent {
  companions: { ending: string; bytes: Buffer }[];
  manifests: Manifest[];
}

export async function readCompanions(inbox: Inbox, found: Found): Promise<Sent> {
  const read = await Promise.all(
    found.companions.map(async (each) => {
      const bytes = await readWhole(inbox, each);
      return bytes ? [{ ...each, bytes }] : [];
    }),
  );
  const companions = read.flat();
  const manifests = companions.flatMap(({ kind, name, bytes }) => {
    if (kind === 'done') return [];
    const text = bytes.toString('utf8');
    return [kind === 'manifest' ? readManifest(name, text) : readChecksum(name, text)];
  });
  // The archive writes a checksum of its own, which is the same if it comes that far.
  return { companions: companions.filter(({ kind }) => kind !== 'checksum'), manifests };
}

/** Undefined where it was taken away, as another run does it. */
export async function readWhole(inbox: Inbox, companion: Companion): Promise<Buffer | undefined> {
  try {
    const stream = await inbox.open(companion);
    let size = 0;
    stream.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > MOST_COMPANION_BYTES) stream.destroy(tooLong(companion));
    });
    return await buffer(stream);
  } catch (error) {
    if (error instanceof TallyError && error.code === 'file_missing') return undefined;
    throw error;
  }
}

function tooLong({ name }: Companion): TallyError {
  return new TallyError(
    'manifest_invalid',
    `${name} has more than ${MOST_COMPANION_BYTES} bytes; expected a few words on its file.`,
  );
}
