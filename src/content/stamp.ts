import type { BigIntStats } from 'node:fs';

/** How a file stands: another stamp if it is exchanged or written to, whatever its size. */
export function stampOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
}
