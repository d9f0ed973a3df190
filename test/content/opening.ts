import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';
import { openContent, type Content, type ContentOptions } from '../../src/content/content.js';

const folder = mkdtempSync(join(tmpdir(), 'tally-content-'));
afterAll(() => rmSync(folder, { recursive: true }));

export const LIMITS = { maxUnpackedBytes: 2 ** 40, maxUnpackRatio: 200 };

interface Opening extends Partial<ContentOptions> {
  /** How much is asked for at once. */
  step?: number;
}

/** Opens bytes as a file of that name, for as long as something is done with it. */
export async function withContent<Result>(
  bytes: Buffer,
  name: string,
  { encoding = 'utf-8', limits = LIMITS }: Opening,
  work: (content: Content) => Promise<Result>,
): Promise<Result> {
  const path = join(folder, 'file');
  writeFileSync(path, bytes);
  const content = await openContent(path, name, { encoding, limits });
  try {
    return await work(content);
  } finally {
    await content.close();
  }
}

/** All that a file with these bytes and this name says. */
export function contentOf(bytes: Buffer, name: string, opening: Opening = {}): Promise<Buffer> {
  return withContent(bytes, name, opening, (content) => readAll(content, opening.step));
}

export async function readAll(content: Content, step = 64 * 1024): Promise<Buffer> {
  const reading = content.begin();
  const pieces: Buffer[] = [];
  try {
    for (;;) {
      const piece = Buffer.alloc(step + 2, 0xee);
      const length = await reading.read(piece, 1, step);
      if (piece[0] !== 0xee || piece[length + 1] !== 0xee) throw new Error('written beside the place');
      if (length === 0) return Buffer.concat(pieces);
      pieces.push(piece.subarray(1, length + 1));
    }
  } finally {
    await reading.close();
  }
}

/** The code with which such a file is refused; `read` if it is not. */
export async function fate(bytes: Buffer, name: string, opening: Opening = {}): Promise<string> {
  try {
    await contentOf(bytes, name, opening);
    return 'read';
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}
