import { existsSync } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { TallyError } from '../../errors.js';

/** A file that is there as a whole or not at all: it is written under another name until it is kept. */
export interface WholeFile {
  write(text: string): Promise<void>;
  keep(): Promise<void>;
  discard(): Promise<void>;
}

export async function beginFile(path: string): Promise<WholeFile> {
  const half = `${path}.tmp`;
  try {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(half, 'w');
    const guard = async (work: () => Promise<unknown>) => {
      try {
        await work();
      } catch (error) {
        throw unwritable(path, error);
      }
    };
    return {
      write: (text) => guard(() => file.writeFile(text)),
      keep: () =>
        guard(async () => {
          await file.sync();
          await file.close();
          await rename(half, path);
        }),
      async discard() {
        await file.close().catch(() => {});
        await rm(half, { force: true }).catch(() => {});
      },
    };
  } catch (error) {
    throw unwritable(path, error);
  }
}

/** What someone may be working on is not written over unasked. */
export function refuseExisting(path: string, hint: string): void {
  if (existsSync(path)) throw new TallyError('file_exists', `${path} is there already.`, { hint });
}

function unwritable(path: string, error: unknown): TallyError {
  return new TallyError('output_unwritable', `${path} cannot be written: ${(error as Error).message}`, {
    cause: error,
  });
}
