/** What can be wrong with the shape of a row, before any column is looked at. */
export const FAULT = {
  none: 0,
  quoteInside: 1,
  textAfterQuote: 2,
  neverClosed: 3,
  // of JSON
  notObject: 4,
  nameTwice: 5,
} as const;
export type Fault = (typeof FAULT)[keyof typeof FAULT];

/** How a field is written. */
export const PLAIN = 0;
export const QUOTED = 1;
/** Quoted, with doubled quotes inside. */
export const DOUBLED = 2;

/**
 * The row at hand, as places in a block of bytes. One such object is used over and over: what is needed after
 * the next row must be copied.
 */
export interface Row {
  bytes: Buffer;
  /** The line of the file on which the row starts, counted from 1. */
  line: number;
  start: number;
  /** Where the row ends, without its line end, */
  end: number;
  /** and with it. */
  next: number;
  fault: Fault;
  /** For a fault: the field in which it was met, counted from 1. */
  faultField: number;
  /** How many fields the row has; of each, where its value starts and ends (without quotes) and how it is written. */
  count: number;
  starts: Int32Array;
  ends: Int32Array;
  written: Uint8Array;
  /** Whether no field is quoted. */
  plain: boolean;
  /** Whether the block is known to be free of NUL and of bytes that its encoding does not have. */
  clean: boolean;
}

/** The value of a field of a row. */
export function valueOf(row: Row, field: number, quote: number): Buffer {
  const [start, end] = [row.starts[field]!, row.ends[field]!];
  return row.written[field] === DOUBLED
    ? undouble(row.bytes, start, end, quote)
    : row.bytes.subarray(start, end);
}

/** The value of a field, where doubled quotes stand for one. */
export function undouble(bytes: Buffer, start: number, end: number, quote: number): Buffer {
  const value = Buffer.allocUnsafe(end - start);
  let length = 0;
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!;
    value[length++] = byte;
    if (byte === quote) i++;
  }
  return value.subarray(0, length);
}
