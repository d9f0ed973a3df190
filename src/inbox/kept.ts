import type { Kept } from './archive.js';
import { companionNames } from './companions.js';

/** The place of a delivery as it was before the archive packed it, which what lies beside it is called after. */
export function plainPlace({ place, packed }: Kept): string {
  return packed ? place.replace(/\.gz$/, '') : place;
}

/**
 * Where a delivery lies, and what lies beside it. The checksums claim its names, so they are last to go: until then
 * no other file is put there.
 */
export function placesOf(kept: Kept): { file: string[]; claims: string[] } {
  const plain = plainPlace(kept);
  const names = [...new Set([kept.place, plain])];
  const claims = names.map((name) => `${name}.sha256`);
  const companions = companionNames(plain).filter((name) => !claims.includes(name));
  return { file: [...names, ...companions], claims };
}
