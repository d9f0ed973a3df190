import type { FileHandle } from 'node:fs/promises';

/** What tells that a file is another one, or another content, than before: two stamps are alike only if it is neither. */
export async function fileStamp(file: FileHandle): Promise<string> {
  const { ino, size, mtimeNs, ctimeNs } = await file.stat({ bigint: true });
  return [ino, size, mtimeNs, ctimeNs].join(' ');
}
