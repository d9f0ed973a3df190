import { TallyError } from '../../errors.js';

const LF = 10;
const CR = 13;

/** `line` is that of `bytes[from]`; the row that is too long starts at `at`. */
export function rowTooLong(
  bytes: Buffer,
  { from, at, line, maxRowBytes }: { from: number; at: number; line: number; maxRowBytes: number },
): TallyError {
  const tooLong = line + lineEnds(bytes, from, at);
  return new TallyError(
    'row_too_long',
    `Line ${tooLong} is longer than ${maxRowBytes} bytes, so the file was refused; nothing of it was loaded.`,
    {
      hint: 'If rows of this length are right, raise TALLY_MAX_ROW_BYTES; else the file has lost its line ends.',
    },
  );
}

function lineEnds(bytes: Buffer, from: number, to: number): number {
  let count = 0;
  for (let i = from; i < to; i++) {
    if (bytes[i] === CR || (bytes[i] === LF && (i === 0 || bytes[i - 1] !== CR))) count++;
  }
  return count;
}
