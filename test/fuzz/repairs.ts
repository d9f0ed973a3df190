import { afterNoRow, rowAt, type Signs } from './oracle/shapes.js';

/** A way to read a file in which one row is broken: that row, and the rows before and behind it. */
export interface Repair {
  before: string[];
  broken: string;
  behind: string[];
}

/**
 * All ways to read a file of which one character makes every row right: a quote or a delimiter less, or a
 * delimiter more. This is what "one broken row" means; if there are several ways, then nobody can tell which row
 * is broken. It knows nothing of how the scanner decides.
 */
export function repairsOf(text: string, width: number, signs: Signs): Repair[] {
  const good = goodPlaces(text, width, signs);
  const found = new Map<string, Repair>();
  const consider = (start: number, at: number, removed: number, added: string) => {
    const repaired = text.slice(start, at) + added + text.slice(at + removed);
    const shape = rowAt(repaired, 0, signs);
    const change = added.length - removed;
    // The row must hold the character; where it ends the file must go on as it stands.
    if (shape.fields?.length !== width || shape.end < at - start + added.length) return;
    const [end, next] = [start + shape.end - change, start + shape.next - change];
    if (good.has(next))
      found.set(`${start} ${end}`, { before: [], broken: text.slice(start, end), behind: good.get(next)! });
  };
  const before: string[] = [];
  for (let start = 0; start < text.length;) {
    const after = afterNoRow(text, start, signs);
    if (after !== undefined) {
      start = after;
      continue;
    }
    const shape = rowAt(text, start, signs);
    const known = new Set(found.keys());
    for (let at = start; at <= shape.end || (shape.fields === undefined && at <= text.length); at++) {
      if (text[at] === signs.quote) consider(start, at, 1, '');
      if (text.startsWith(signs.delimiter, at)) consider(start, at, signs.delimiter.length, '');
      consider(start, at, 0, signs.delimiter);
    }
    for (const [key, repair] of found) if (!known.has(key)) repair.before = [...before];
    if (shape.fields?.length !== width) break;
    before.push(text.slice(shape.start, shape.end));
    start = shape.next;
  }
  return distinct([...found.values()]);
}

/** Two repairs within one row leave the same other rows. */
function distinct(repairs: Repair[]): Repair[] {
  return [
    ...new Map(repairs.map((repair) => [JSON.stringify([repair.before, repair.behind]), repair])).values(),
  ];
}

/** The places from which nothing but right rows leads to the end, with these rows. */
function goodPlaces(text: string, width: number, signs: Signs): Map<number, string[]> {
  const good = new Map<number, string[]>([[text.length, []]]);
  for (let at = text.length - 1; at >= 0; at--) {
    if (at > 0 && !/[\r\n]/.test(text[at - 1]!)) continue;
    const after = afterNoRow(text, at, signs);
    if (after !== undefined) {
      if (good.has(after)) good.set(at, good.get(after)!);
      continue;
    }
    const shape = rowAt(text, at, signs);
    const rest = shape.fields?.length === width ? good.get(shape.next) : undefined;
    if (rest) good.set(at, [text.slice(shape.start, shape.end), ...rest]);
  }
  return good;
}
