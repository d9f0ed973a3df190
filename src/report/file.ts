import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, createWriteStream, existsSync, type WriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';

/** Writes a file, at any size in the same memory, and tells its checksum. */
export async function writeTexts(texts: AsyncIterable<string>, path: string): Promise<string> {
  const file = createWriteStream(path, { flush: true });
  const closed = new Promise<void>((resolve) => void file.once('close', () => resolve()));
  try {
    return await write(texts, file);
  } catch (error) {
    // It may still be about to be made, and what is made after this could not be taken away.
    file.destroy();
    await closed;
    throw error;
  }
}

async function write(texts: AsyncIterable<string>, file: WriteStream): Promise<string> {
  const hash = createHash('sha256');
  const failed = once(file, 'error').then(([error]) => {
    throw error;
  });
  failed.catch(() => {});
  for await (const text of texts) {
    hash.update(text);
    if (!file.write(text)) await Promise.race([once(file, 'drain'), failed]);
  }
  file.end();
  await Promise.race([once(file, 'close'), failed]);
  return hash.digest('hex');
}

/** The checksum of a file, at any size in the same memory; undefined where there is none. */
export async function sha256Of(path: string): Promise<string | undefined> {
  if (!existsSync(path)) return undefined;
  const hash = createHash('sha256');
  for await (const bytes of createReadStream(path)) hash.update(bytes as Buffer);
  return hash.digest('hex');
}

/** A copy that is on the disk when it is done. */
export async function copyFile(from: string, to: string): Promise<void> {
  await pipeline(createReadStream(from), createWriteStream(to, { flush: true }));
}
