import type { FileHandle } from 'node:fs/promises';
import { TallyError } from '../errors.js';

/** What a file may be packed in. */
export type Container = 'gzip' | 'zstd' | 'zip';

interface Kind {
  kind: Container;
  said: string;
  ending: string;
  magic: number[];
  /** An archive without files begins in another way. */
  emptyMagic?: number[];
}

const KINDS: Kind[] = [
  { kind: 'gzip', said: 'gzip', ending: '.gz', magic: [0x1f, 0x8b] },
  { kind: 'zstd', said: 'Zstandard', ending: '.zst', magic: [0x28, 0xb5, 0x2f, 0xfd] },
  {
    kind: 'zip',
    said: 'a ZIP archive',
    ending: '.zip',
    magic: [0x50, 0x4b, 0x03, 0x04],
    emptyMagic: [0x50, 0x4b, 0x05, 0x06],
  },
];

/** The ending of a name says how a file is packed; without it stands the name of what is packed. */
export function containerOfName(name: string): { kind: Container; inner: string } | undefined {
  const found = KINDS.find(({ ending }) => name.toLowerCase().endsWith(ending));
  return found && { kind: found.kind, inner: name.slice(0, -found.ending.length) };
}

/** The name of what a file holds, which is its own unless it is packed. */
export function unpackedName(name: string): string {
  return containerOfName(name)?.inner ?? name;
}

/** Name and first bytes must agree: what is meant cannot be guessed if they do not. */
export async function refuseOtherContainer(
  file: FileHandle,
  size: number,
  named: Container | undefined,
): Promise<void> {
  const head = Buffer.alloc(4);
  const { bytesRead } = await file.read(head, 0, head.length, 0);
  const beginsWith = (magic: number[]) => magic.every((byte, i) => head[i] === byte);
  const is = KINDS.find(
    ({ magic, emptyMagic }) => beginsWith(magic) || (emptyMagic !== undefined && beginsWith(emptyMagic)),
  );
  if (is?.kind === named) return;
  const expected = KINDS.find(({ kind }) => kind === named);
  if (!expected) {
    throw new TallyError(
      'file_container',
      `The file is ${is!.said}; expected a name that says so. Nothing was loaded.`,
      {
        hint:
          is!.kind === 'zip'
            ? 'If it is an Excel workbook, ask for CSV; else give it a name that ends in .zip.'
            : `Give it a name that ends in ${is!.ending}.`,
      },
    );
  }
  if (size === 0) {
    throw new TallyError('file_empty', `The file is empty; expected ${expected.said}. Nothing was loaded.`, {
      hint: 'Ask for the file again.',
    });
  }
  const begins = expected.magic.slice(0, bytesRead).every((byte, i) => head[i] === byte);
  if (bytesRead < expected.magic.length && begins) {
    throw new TallyError(
      'file_truncated',
      `The file has ${size} bytes; expected ${expected.said}. Nothing was loaded.`,
      { hint: 'It was cut off on its way: ask for it again.' },
    );
  }
  throw new TallyError(
    'file_container',
    `The name ends in ${expected.ending}, and the file is ${is ? is.said : `not ${expected.said}`}. Nothing was loaded.`,
    {
      hint: is
        ? `Give it a name that ends in ${is.ending}.`
        : 'If it is plain text, give it a name without that ending.',
    },
  );
}
