import type { Feed } from '../../feeds/feed.js';
import { DOUBLED, FAULT, type Fault, type Row } from './row.js';

/** Values that do not come from a CSV file, as a row: the text that they were found in, and behind it the values as quoted fields. */
export function rowOfValues(
  { quote }: Pick<Feed, 'quote'>,
  values: readonly string[],
  line: number,
  found: { raw: Buffer; fault: Fault; faultField: number } = NOTHING,
): Row {
  const { raw, fault, faultField } = found;
  const count = values.length;
  const [starts, ends] = [new Int32Array(count), new Int32Array(count)];
  const pieces: Buffer[] = [raw];
  let at = raw.length;
  values.forEach((value, i) => {
    const field = utf8(quote + value.split(quote).join(quote + quote) + quote);
    starts[i] = at + 1;
    ends[i] = at + field.length - 1;
    at += field.length;
    pieces.push(field);
  });
  return {
    bytes: Buffer.concat(pieces),
    line,
    start: 0,
    end: raw.length,
    next: raw.length,
    fault,
    faultField,
    count,
    starts,
    ends,
    written: new Uint8Array(count).fill(DOUBLED),
    plain: false,
    clean: false,
  };
}

const NOTHING = { raw: Buffer.alloc(0), fault: FAULT.none, faultField: 0 };

/** Half of a surrogate pair, which JSON can write, is no character: it becomes a byte that UTF-8 does not have. */
function utf8(text: string): Buffer {
  if (text.isWellFormed()) return Buffer.from(text);
  const pieces = text.split(/\p{Surrogate}/u).flatMap((piece) => [Buffer.from([0xff]), Buffer.from(piece)]);
  return Buffer.concat(pieces.slice(1));
}
