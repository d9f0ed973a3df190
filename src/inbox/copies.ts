import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { stampOf } from '../content/stamp.js';
import type { Fingerprint } from './folder.js';

/** Where copies are made of files that lie elsewhere, or packed: they are read several times, at any place. */
export interface Copies {
  /** A path at which nothing lies yet, in a folder that is cleaned up even if this process dies. */
  newPath(): Promise<string>;
}

/** A delivery as a file of this machine: itself, or a copy of it. */
export interface Taken extends Fingerprint {
  path: string;
  /** Of a copy: it is not needed any more. */
  release(): Promise<void>;
}

/** Writes a stream to a file, with its size and checksum. */
export async function copyOf(bytes: Readable, copies: Copies, signal?: AbortSignal): Promise<Taken> {
  const path = await copies.newPath();
  const release = () => rm(path, { force: true });
  const hash = createHash('sha256');
  let size = 0;
  try {
    await pipeline(
      bytes,
      async function* (chunks: AsyncIterable<Buffer>) {
        for await (const chunk of chunks) {
          hash.update(chunk);
          size += chunk.length;
          yield chunk;
        }
      },
      createWriteStream(path, { flags: 'wx' }),
      { ...(signal ? { signal } : {}) },
    );
    const stamp = stampOf(await stat(path, { bigint: true }));
    return { path, size, sha256: hash.digest('hex'), stamp, release };
  } catch (error) {
    await release();
    throw error;
  }
}
