import type { Dice } from './dice.js';

/** A type of column, and how values are made for it: such as fit, and such as nearly do. */
export interface Kind {
  type: string;
  rest?: object;
  good(dice: Dice): string;
  bad(dice: Dice): string;
  /** Defaults that fit. */
  fallback?: readonly (string | number | boolean)[];
  /** Whether the oracle knows when two values of it are the same. */
  comparable?: boolean;
}

const digits = (dice: Dice, least: number, most: number) =>
  dice.many(least, most, () => dice.between(0, 9)).join('');
const sign = (dice: Dice) => dice.pick(['', '', '', '-', '+']);
const two = (number: number) => String(number).padStart(2, '0');
const day = (dice: Dice) =>
  `${dice.pick(['2024', '2024', '1999', '0001', '9999'])}-${two(dice.between(1, 12))}-${two(dice.between(1, 28))}`;
const time = (dice: Dice) => `${two(dice.between(0, 23))}:${two(dice.between(0, 59))}`;

export const KINDS: readonly Kind[] = [
  {
    type: 'integer',
    good: (dice) =>
      dice.pick([`${sign(dice)}${digits(dice, 1, 9)}`, '2147483647', '-2147483648', '0007', '-0']),
    bad: (dice) =>
      dice.pick(['2147483648', '-2147483649', '1.0', '1e3', '+', '-', '--1', '1 2', '0x1', '١', '1_0']),
    fallback: [7, '-1'],
    comparable: true,
  },
  {
    type: 'integer',
    rest: { min: -10, max: 1000 },
    good: (dice) => `${dice.between(-10, 1000)}`,
    bad: (dice) => dice.pick(['-11', '1001', '99999', 'x', '2147483648']),
    comparable: true,
  },
  {
    type: 'bigint',
    good: (dice) =>
      dice.pick([
        `${sign(dice)}${digits(dice, 1, 18)}`,
        '9223372036854775807',
        '-9223372036854775808',
        '9007199254740993',
      ]),
    bad: (dice) => dice.pick(['9223372036854775808', '-9223372036854775809', '1e3', '9'.repeat(40), '1.']),
    fallback: ['9007199254740993'],
    comparable: true,
  },
  {
    type: 'numeric',
    good: (dice) =>
      dice.pick([
        `${sign(dice)}${digits(dice, 1, 25)}`,
        `${sign(dice)}${digits(dice, 1, 5)}.${digits(dice, 0, 20)}`,
        '.5',
        '5.',
        '-.50',
      ]),
    bad: (dice) => dice.pick(['.', '-', '1,5', '1e3', 'NaN', 'Infinity', '1.2.3', '0x10', '1_000']),
  },
  {
    type: 'numeric(8,3)',
    good: (dice) =>
      dice.pick([
        `${sign(dice)}${digits(dice, 1, 5)}`,
        `${digits(dice, 0, 5)}.${digits(dice, 1, 3)}`,
        '00000012345.6780000',
      ]),
    bad: (dice) => dice.pick(['123456', '1.2345', '99999.9999', '1e1', '1.0001']),
    fallback: ['0.5'],
  },
  {
    type: 'varchar(6)',
    good: (dice) => text(dice, 6),
    bad: (dice) => `${text(dice, 6)}1234567`,
    fallback: ['é "x"'],
    comparable: true,
  },
  {
    type: 'text',
    good: (dice) => text(dice, 12),
    bad: () => '\0',
    fallback: ["it's", 'a,b;c\td|'],
    comparable: true,
  },
  { type: 'text', good: (dice) => text(dice, 4), bad: () => '\0' },
  {
    type: 'text',
    rest: { one_of: ['new', 'old', 'a,b'] },
    good: (dice) => dice.pick(['new', 'old', 'a,b']),
    bad: (dice) => dice.pick(['New', ' new', 'x', 'a,b\n']),
  },
  {
    type: 'date',
    good: (dice) => dice.pick([day(dice), '2024-02-29', '2000-02-29']),
    bad: (dice) =>
      dice.pick([
        '2023-02-29',
        '1900-02-29',
        '2024-13-01',
        '24-01-01',
        '2024-1-1',
        '0000-01-01',
        '2024-01-32',
        'today',
      ]),
    fallback: ['2021-03-01'],
  },
  {
    type: 'date',
    rest: { formats: ['DD/MM/YYYY', 'iso'] },
    good: (dice) => dice.pick([day(dice), '29/02/2024', '31/12/1999']),
    bad: (dice) => dice.pick(['12/31/1999', '29/02/2023', '1/1/2024', '31.12.1999']),
  },
  {
    type: 'timestamp',
    good: (dice) =>
      dice.pick([
        day(dice),
        `${day(dice)} ${time(dice)}`,
        `${day(dice)}T${time(dice)}:59`,
        `2021-03-01 ${time(dice)}:07.${digits(dice, 1, 6)}`,
        `2021-03-01 ${time(dice)}:07.74${dice.pick(['Z', 'z', '+00', ' +01:30', '-0800', '+15:59'])}`,
      ]),
    bad: (dice) =>
      dice.pick([
        '2021-03-01 24:00',
        '2021-03-01 10:60',
        '2021-03-01 10:00:00.',
        '2021-03-01 10:00:00.1234567',
        'now',
        '2021-03-01 10:00 PST',
        '2021-03-01 10:00+16',
        '2021-03-01T',
      ]),
  },
  {
    type: 'timestamp',
    rest: { formats: ['epoch', 'DD.MM.YYYY HH:mm'] },
    good: (dice) =>
      dice.pick([digits(dice, 1, 10), `${digits(dice, 1, 9)}.25`, '-1', `31.12.1999 ${time(dice)}`]),
    bad: (dice) => dice.pick(['253402300800', '1e9', '-1.5', '31.12.1999', '2021-03-01 10:00']),
  },
  {
    type: 'boolean',
    good: (dice) => dice.pick(['t', 'true', 'Y', 'yes', 'ON', '1', 'f', 'FALSE', 'n', 'no', 'off', '0']),
    bad: (dice) => dice.pick([' t', 't ', 'tr', 'ja', '2', 'o', 'truee']),
    fallback: [true, 'no'],
  },
  {
    type: 'uuid',
    good: () => '0A0eebc9-9c0b-4ef8-bb6d-6bb9bd380a11',
    bad: (dice) =>
      dice.pick([
        '{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}',
        'a0eebc999c0b4ef8bb6d6bb9bd380a11',
        'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1g',
        ' a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1',
      ]),
  },
  {
    type: 'json',
    good: (dice) =>
      dice.pick([
        '{"a": "b,;|"}',
        '[1, "\\n", null]',
        '7',
        '"x\\"y"',
        '{"a":{"b":[]}}',
        '[\n{}\r\n]',
        ' 1 ',
        '1.50',
        '"\\\\"',
        '"é\\u00e9"',
      ]),
    bad: (dice) => dice.pick(BAD_JSON),
  },
];

/** What jsonb does not take, or would keep only a part of. */
const BAD_JSON: readonly string[] = [
  '{a}',
  '{"a":1,"a":2}',
  '"\\u0000"',
  '"\\ud800"',
  "'x'",
  '[1,]',
  'NaN',
  '1e99999',
  '[',
  '01',
];

/** Pieces that make trouble for those who read, write or escape. */
const PIECES = [
  'a',
  'b',
  'x y',
  '1',
  ' ',
  '\t',
  '\n',
  '\r',
  '\r\n',
  '\n\n',
  '"',
  '""',
  "'",
  ',',
  ';',
  '|',
  '||',
  '::',
  '§',
  '$',
  '\\',
  '\\.',
  '\\N',
  '\\n',
  '\n\\.\n',
  '\\\\',
  'NULL',
  '-',
  '#',
  '//',
  '%',
  '=1+1',
  'é',
  'ß',
  '€',
  '日本',
  '𝄞',
  '👩‍👧',
  'e\u0301',
  '\u2028',
  '\u0085',
  '\ufeff',
  '\u00a0',
  '\u200f',
  '\x01',
  '\x7f',
  '\x80',
  '\x0b',
  '\x0c',
  '\x1a',
];

export function text(dice: Dice, most: number): string {
  const tame = dice.chance(0.5);
  const made = dice.many(0, dice.between(0, 6), () =>
    tame ? dice.pick(['a', 'Bc', '12', ' ']) : dice.pick(PIECES),
  );
  return Array.from(made.join('')).slice(0, most).join('');
}
