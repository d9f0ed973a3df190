import { TallyError } from '../errors.js';

/** How much a packed file may become. */
export interface UnpackLimits {
  /** At any rate, */
  maxUnpackedBytes: number;
  /** and as so many times its size, as soon as it is more than a little. */
  maxUnpackRatio: number;
}

/** A small file of rows that are all alike is no bomb, however well it packs. */
const HARMLESS_BYTES = 16 * 1024 * 1024;

/** Hands pieces on, and ends the reading of a file that becomes too much. */
export async function* limited(
  pieces: AsyncGenerator<Buffer, void>,
  size: number,
  { maxUnpackedBytes, maxUnpackRatio }: UnpackLimits,
): AsyncGenerator<Buffer, void> {
  const byRatio = Math.max(HARMLESS_BYTES, size * maxUnpackRatio);
  let total = 0;
  for await (const piece of pieces) {
    total += piece.length;
    if (total > maxUnpackedBytes) {
      throw tooLarge(`more than ${maxUnpackedBytes} bytes`, 'TALLY_MAX_UNPACKED_BYTES');
    }
    if (total > byRatio) {
      const times = `more than ${maxUnpackRatio} times its size of ${size} bytes`;
      throw tooLarge(times, 'TALLY_MAX_UNPACK_RATIO');
    }
    yield piece;
  }
}

function tooLarge(what: string, setting: string): TallyError {
  return new TallyError(
    'file_unpacks_too_large',
    `The file unpacks to ${what}, so it was refused; nothing of it was loaded.`,
    { hint: `If files like this are right, raise ${setting}.` },
  );
}
