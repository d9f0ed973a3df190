import type { DeclaredEncoding as Encoding } from '../../src/content/content.js';
import type { Dice } from './dice.js';
import type { MadeFeed } from './feeds.js';
import { text, type Kind } from './kinds.js';

/**
 * A file of a feed, made by chance. Everything is put together as bytes in a string (Latin-1), because a file
 * may well hold bytes that are no text.
 */
export function makeAnyFile(dice: Dice, made: MadeFeed, size?: number): Buffer {
  if (size === undefined && dice.chance(0.03)) return noise(dice, made);
  const { feed, kinds } = made;
  const width = feed.columns.length;
  const plan = dice.chance(0.6) ? [...kinds.keys()] : dice.shuffled([...kinds.keys()]);
  const kept = plan.filter((i) => feed.columns[i]!.required || dice.chance(0.9));
  let fields: number[] = feed.header === 'none' ? [...kinds.keys()] : kept;
  if (feed.header === 'none' && dice.chance(0.2)) fields = fields.slice(0, dice.between(1, width));
  // -1 is a column that the feed does not know.
  if (feed.header !== 'none')
    for (let more = dice.pick([0, 0, 0, 1, 2]); more > 0; more--)
      fields.splice(dice.between(0, fields.length), 0, -1);

  const ends = dice.pick([['\n'], ['\n'], ['\r\n'], ['\r'], ['\n', '\r\n', '\r']]);
  const damage = dice.pick([0, 0, 0, 0.05, 0.2, 0.6]);
  const lines: string[] = [];
  if (feed.header === 'required' || (feed.header === 'optional' && dice.chance(0.5)))
    lines.push(headerLine(dice, made, fields));
  const rows = size ?? dice.pick([0, 1, 2, 5, 10, 10, 20]);
  for (let i = 0; i < rows; i++) {
    let row = fields
      .map((field) => cell(dice, made, kinds[field]))
      .join(bytesOf(feed.delimiter, feed.encoding));
    if (dice.chance(damage)) row = damaged(dice, row, made);
    lines.push(row);
    if (dice.chance(0.03))
      lines.push(dice.pick(['', ' ', '\t', '\\.', `${feed.comment ?? '#'} said`, '\\.']));
  }
  let file = dice.chance(0.08) ? '\xef\xbb\xbf' : '';
  if (dice.chance(0.05)) file += dice.pick(ends);
  lines.forEach(
    (line, i) => (file += line + (i < lines.length - 1 || dice.chance(0.7) ? dice.pick(ends) : '')),
  );
  return Buffer.from(file, 'latin1');
}

/** A text as the bytes of an encoding; a character that it lacks becomes any byte. */
export function bytesOf(text: string, encoding: Encoding): string {
  if (encoding === 'utf-8') return Buffer.from(text).toString('latin1');
  return Array.from(text, (character) => String.fromCharCode(character.codePointAt(0)! & 0xff)).join('');
}

function headerLine(dice: Dice, { feed }: MadeFeed, fields: number[]): string {
  const names = fields.map((field, i) => {
    const column = feed.columns[field];
    let name = column ? dice.pick([column.name, column.name, ...column.aliases]) : `extra ${i}`;
    if (dice.chance(0.1)) name = name.toUpperCase();
    if (dice.chance(0.1)) name = ` ${name}\t`;
    if (dice.chance(0.01)) name = dice.pick([`"${name}`, 'c0', '', `${name}x`]);
    return written(dice, bytesOf(name, feed.encoding), feed);
  });
  return names.join(bytesOf(feed.delimiter, feed.encoding));
}

function cell(dice: Dice, made: MadeFeed, kind: Kind | undefined): string {
  const { feed } = made;
  const value = (): string => {
    const way = dice.next();
    if (kind === undefined || way < 0.02) return text(dice, 10);
    if (way < 0.04) return kind.bad(dice);
    if (way < 0.08) return '';
    if (way < 0.11 && feed.nulls.length > 0) return dice.pick(feed.nulls);
    if (way < 0.114) return dice.pick(['x', '7', '\\', '"']).repeat(dice.between(100, 600));
    if (way < 0.122) return dice.pick([' ', '\t', '  ']);
    const good = kind.good(dice);
    return dice.chance(0.1) ? dice.pick([` ${good}`, `${good} `, `\t${good}\t`]) : good;
  };
  let bytes = bytesOf(value(), feed.encoding);
  if (dice.chance(0.01)) bytes = splice(dice, bytes, dice.pick(WRONG_BYTES));
  return written(dice, bytes, feed);
}

/** Quoted where it must be, and now and then where it need not. */
function written(
  dice: Dice,
  value: string,
  feed: { quote: string; delimiter: string; encoding: Encoding },
): string {
  const { quote } = feed;
  const delimiter = bytesOf(feed.delimiter, feed.encoding);
  const needs = [quote, '\n', '\r', ...delimiter].some((each) => value.includes(each));
  return needs || dice.chance(0.2) ? `${quote}${value.replaceAll(quote, quote + quote)}${quote}` : value;
}

/** Not UTF-8, NUL, and what Windows-1252 does not have. */
const WRONG_BYTES = [
  '\0',
  '\xff',
  '\xc3',
  '\xe2\x82',
  '\xed\xa0\x80',
  '\xc0\x80',
  '\xf4\x90\x80\x80',
  '\x80',
  '\x81',
  '\x9d',
];

function damaged(dice: Dice, row: string, { feed, kinds }: MadeFeed): string {
  const delimiter = bytesOf(feed.delimiter, feed.encoding);
  switch (dice.between(0, 9)) {
    case 0:
    case 1:
    case 2:
      return splice(dice, row, feed.quote);
    case 3:
      return splice(dice, row, delimiter);
    case 4:
      return without(row, delimiter, dice);
    case 5:
      return without(row, feed.quote, dice);
    case 6:
      return splice(dice, row, dice.pick(WRONG_BYTES));
    case 7:
      return splice(
        dice,
        row,
        dice.pick(['\n', '\r', '\r\n', '\n\n', `${feed.quote}${feed.quote}`, `${feed.quote}\n`]),
      );
    case 8:
      return row.slice(0, dice.between(0, row.length));
    default:
      return `${row}${delimiter}${kinds[0]!.good(dice).replace(/[^ -~]/g, '')}`;
  }
}

function splice(dice: Dice, text: string, piece: string): string {
  const at = dice.between(0, text.length);
  return text.slice(0, at) + piece + text.slice(at);
}

/** One of the places of a piece without it. */
function without(text: string, piece: string, dice: Dice): string {
  const parts = text.split(piece);
  if (parts.length === 1) return text;
  const at = dice.between(1, parts.length - 1);
  return [...parts.slice(0, at - 1), parts[at - 1]! + parts[at]!, ...parts.slice(at + 1)].join(piece);
}

/** Nothing but what rows and fields are made of. */
function noise(dice: Dice, { feed }: MadeFeed): Buffer {
  const units = [
    feed.quote,
    feed.quote,
    bytesOf(feed.delimiter, feed.encoding),
    '\n',
    '\r',
    '\r\n',
    'a',
    '1',
    ' ',
    '\\',
    '\0',
    '\xff',
    '\xc3\xa9',
  ];
  const names = feed.columns.map((column) => column.name).join(bytesOf(feed.delimiter, feed.encoding));
  const header = feed.header === 'none' ? '' : `${names}\n`;
  return Buffer.from(header + dice.many(0, 120, () => dice.pick(units)).join(''), 'latin1');
}
