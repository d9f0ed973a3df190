import { grouped } from '../grouped.js';
import { printable } from '../printable.js';

export { printable };

/** A text as `printable` shows it, whose own line breaks are meant. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}

/** A text that is too long for its place, without what comes after. */
export function cut(text: string, length: number): string {
  const line = printable(text);
  return line.length > length ? `${line.slice(0, length - 1)}…` : line;
}

/** A name that is too long for its place, without its middle: files differ at both ends. */
export function cutMiddle(name: string, length: number): string {
  const line = printable(name);
  if (line.length <= length) return line;
  const end = Math.floor((length - 1) / 2);
  return `${line.slice(0, length - 1 - end)}…${line.slice(line.length - end)}`;
}

export function count(value: number | string | null | undefined): string {
  return value === null || value === undefined ? '' : grouped(Number(value));
}

export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

export function percent(part: number, whole: number): string {
  return whole === 0 ? '' : ((part * 100) / whole).toFixed(2);
}

/** A number of bytes as one reads it: 1.2 MB. */
export function size(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let unit = 0;
  // What would be rounded to 1000 is 1.0 of the next.
  for (; bytes >= 999.95 && unit < units.length - 1; unit++) bytes /= 1000;
  return unit === 0 ? `${bytes} B` : `${bytes.toFixed(1)} ${units[unit]}`;
}

export function moment(date: Date | null | undefined): string {
  return date ? date.toISOString().replace('T', ' ').slice(0, 19) : '';
}
