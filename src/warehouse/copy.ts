import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { from, type CopyStreamQuery } from 'pg-copy-streams';
import type { Client } from './connect.js';

/** A COPY that is written to by hand, because its writer decides when to read on. */
export interface Copy {
  write(chunk: Buffer): Promise<void>;
  /** Ends it and tells how many rows the server took. */
  end(): Promise<number>;
  abort(): void;
}

export function startCopy(client: Client, sql: string): Copy {
  const stream = client.query(from(sql));
  let failure: Error | undefined;
  // An error may come at any time, also between two writes; it is thrown by whatever is asked next.
  stream.on('error', (error) => (failure ??= error));
  return {
    async write(chunk) {
      if (failure) throw failure;
      if (!stream.write(chunk)) await settled(stream, 'drain', () => failure);
    },
    async end() {
      if (failure) throw failure;
      stream.end();
      await settled(stream, 'finish', () => failure);
      return stream.rowCount;
    },
    abort() {
      stream.destroy();
    },
  };
}

export async function copyFrom(client: Client, sql: string, rows: Readable): Promise<number> {
  const stream = client.query(from(sql));
  await pipeline(rows, stream);
  return stream.rowCount;
}

function settled(
  stream: CopyStreamQuery,
  event: 'drain' | 'finish',
  failure: () => Error | undefined,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = () => {
      stream.off(event, done);
      stream.off('error', done);
      stream.off('close', done);
      const error = failure();
      if (error) reject(error);
      else if (event === 'finish' && !stream.writableFinished)
        reject(new Error('Connection terminated during COPY'));
      else resolve();
    };
    stream.on(event, done);
    stream.on('error', done);
    stream.on('close', done);
  });
}
