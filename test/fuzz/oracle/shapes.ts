/**
 * How rows and fields are found, said a second time: over strings, one character for each byte, with no thought
 * of speed. It knows nothing of the scanner.
 */
export interface Signs {
  delimiter: string;
  quote: string;
  comment: string | undefined;
  maxRowBytes: number;
}

export interface Shape {
  start: number;
  /** Where the row ends, without and with its line end. */
  end: number;
  next: number;
  /** Without them the quotes of the row do not work out, and it is its physical line. */
  fields: string[] | undefined;
  /** How many physical lines it has. */
  lines: number;
}

/** The physical line that begins at a place. */
export function lineAt(text: string, start: number): Shape {
  const rest = /[^\r\n]*/y;
  rest.lastIndex = start;
  const end = start + rest.exec(text)![0].length;
  return { start, end, next: afterLineEnd(text, end), fields: undefined, lines: 1 };
}

/** Where a line ends that is no row: with nothing on it, or a comment. */
export function afterNoRow(text: string, start: number, { comment }: Signs): number | undefined {
  const line = lineAt(text, start);
  return line.end === start || (comment !== undefined && text.startsWith(comment, start))
    ? line.next
    : undefined;
}

/** The row that begins at a place, as RFC 4180 has it; else its physical line. */
export function rowAt(text: string, start: number, signs: Signs): Shape {
  const { delimiter, quote, maxRowBytes } = signs;
  const given = lineAt(text, start);
  const fields: string[] = [];
  let at = start;
  for (;;) {
    if (text[at] === quote) {
      const closing = closingQuote(text, at, quote);
      if (closing === undefined) return given;
      fields.push(text.slice(at + 1, closing).replaceAll(quote + quote, quote));
      at = closing + 1;
    } else {
      const begin = at;
      while (at < text.length && !isLineEnd(text[at]!) && !text.startsWith(delimiter, at)) {
        if (text[at] === quote) return given;
        at++;
      }
      fields.push(text.slice(begin, at));
    }
    if (at === text.length || isLineEnd(text[at]!)) break;
    if (!text.startsWith(delimiter, at)) return given;
    at += delimiter.length;
  }
  if (at - start > maxRowBytes) return given;
  const lines = text.slice(start, at).split(/\r\n|\r|\n/).length;
  return { start, end: at, next: afterLineEnd(text, at), fields, lines };
}

/** Whether a file has a physical line that is longer than a row may be. */
export function hasTooLongLine(text: string, maxRowBytes: number): boolean {
  return text.split(/\r\n|\r|\n/).some((line) => line.length > maxRowBytes);
}

function closingQuote(text: string, opening: number, quote: string): number | undefined {
  for (let at = opening + 1; at < text.length; at++) {
    if (text[at] !== quote) continue;
    if (text[at + 1] !== quote) return at;
    at++;
  }
  return undefined;
}

function afterLineEnd(text: string, at: number): number {
  if (text[at] === '\r') return text[at + 1] === '\n' ? at + 2 : at + 1;
  return Math.min(at + 1, text.length);
}

function isLineEnd(character: string): boolean {
  return character === '\n' || character === '\r';
}
