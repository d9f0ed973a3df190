import type { Config } from '../config.js';
import { TallyError } from '../errors.js';
import type { Copies, Taken } from './copies.js';
import { FolderArchive } from './folder-archive.js';
import { inboxFor } from './inbox.js';
import { S3Archive } from './s3-archive.js';
import { isUrl } from './s3-store.js';

/** Where a delivery lies in the archive: below it, or anywhere if it says s3://. */
export interface Kept {
  place: string;
  /** Whether the archive has packed it. */
  packed: boolean;
}

/** A delivery that is put away. */
export interface PutAway {
  /** Where it can be read on this machine. */
  path: string;
  name: string;
  feed: string;
  businessDate: string;
  size: number;
  sha256: string;
  /** What the agency sent along, with the endings that it has behind the name. */
  companions: { ending: string; bytes: Buffer }[];
  /** Where it lies as an object, from which another can be made without sending its bytes. */
  object?: { url: string; version: string | undefined };
}

export interface Archive {
  /**
   * Puts a delivery away as `<archive>/<feed>/<business date>/<name>`, with its checksum beside it. `record` is told
   * where it lies before it is gone from where it lay: if the process dies in between, the file is still there to be
   * put away, and not the other way round. To move it is allowed, and not more than that.
   */
  put(file: PutAway, how: 'move' | 'copy', record: (kept: Kept) => Promise<unknown>): Promise<void>;
  /** A delivery as it came, on this machine. */
  take(kept: Kept, signal?: AbortSignal): Promise<Taken>;
  /** Something that was put beside a delivery. */
  readCompanion(kept: Kept, ending: string): Promise<Buffer | undefined>;
  /** Removes a delivery with all that lies beside it; what is gone already is as it should be. */
  remove(kept: Kept): Promise<void>;
  /** Of an archive that packs later: so that nobody waits for it. */
  later?: LaterPacking;
}

export interface LaterPacking {
  /** Packs a file that lies there plain, which goes when `record` has been told of the packed one. */
  pack(file: PlainFile, record: (kept: Kept) => Promise<unknown>, signal: AbortSignal): Promise<void>;
  /** Removes a plain file that was packed, if it is still there. */
  removePlain(file: PlainFile): Promise<void>;
}

export interface PlainFile {
  place: string;
  sha256: string;
}

type Places = Pick<Config, 'inbox' | 'archive' | 'archiveCompress' | 's3'>;

export function openArchive(config: Places, copies: Copies): Archive {
  return isUrl(config.archive) ? new S3Archive(config, copies) : new FolderArchive(config.archive, copies);
}

/** A delivery as the archive keeps it, or as it was left where it lay. */
export async function takeKept(
  config: Places,
  copies: Copies,
  kept: Kept,
  signal?: AbortSignal,
): Promise<Taken> {
  if (!isUrl(kept.place)) return openArchive(config, copies).take(kept, signal);
  const inbox = inboxFor(config, kept.place);
  const found = await inbox.find(kept.place);
  if (found) return inbox.take(found, copies, signal);
  throw new TallyError('file_missing', `There is no object ${kept.place}.`);
}
