import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type pg from 'pg';
import { makeFeed } from '../../feeds/making.js';
import { connect, copied, escaped } from '../copying.js';
import { postgresType } from '../../../src/feeds/type.js';
import { columnCheck, judge } from './judging.js';

/**
 * The verdicts against PostgreSQL itself: what is taken is stored as the value that the file has, and what is
 * refused is refused or changed by PostgreSQL, or is not of the form that the documentation promises.
 */

interface Kind {
  type: string;
  formats?: string[];
  /** Values that are right or nearly so. */
  value: fc.Arbitrary<string>;
  /** Two texts are the same value if they have the same one of these. */
  meaning(text: string): unknown;
  /** What the documentation promises to take. */
  promised: RegExp;
}

const chars = (unit: string, maxLength: number) => fc.string({ unit: fc.constantFrom(...unit), maxLength });
const joined = (...parts: fc.Arbitrary<string>[]) => fc.tuple(...parts).map((texts) => texts.join(''));
const blanks = fc.oneof({ weight: 4, arbitrary: fc.constant('') }, { weight: 1, arbitrary: chars(' \t', 2) });
const two = (max: number) => fc.nat(max).map((value) => String(value).padStart(2, '0'));
const year = fc.oneof(fc.integer({ min: 0, max: 9999 }), fc.constantFrom(0, 1, 1582, 1900, 2000, 9999));
const day = joined(
  year.map((value) => String(value).padStart(4, '0')),
  fc.constant('-'),
  two(13),
  fc.constant('-'),
  two(32),
);
const zone = fc.oneof(
  fc.constantFrom('', 'Z', 'z', ' Z', '+00', '-00:00', '+1', '+16', '+15:59', '-15:59:00'),
  joined(
    fc.constantFrom('+', '-', ' +'),
    two(16),
    fc.constantFrom('', ':'),
    fc.oneof(fc.constant(''), two(60)),
  ),
);
const time = joined(
  fc.constantFrom(' ', 'T', 't', '  '),
  two(24),
  fc.constant(':'),
  two(60),
  fc.oneof(
    fc.constant(''),
    joined(fc.constant(':'), two(60), fc.oneof(fc.constant(''), joined(fc.constant('.'), chars('0129', 8)))),
  ),
  zone,
);
/** One character more, less or otherwise. */
const damaged = (value: fc.Arbitrary<string>, characters: string) =>
  fc
    .tuple(value, fc.nat(), fc.constantFrom('', ...characters), fc.nat(1))
    .map(([text, place, character, length]) => {
      const at = place % (text.length + 1);
      return text.slice(0, at) + character + text.slice(at + length);
    });
const mostly = (value: fc.Arbitrary<string>, characters: string) =>
  joined(
    blanks,
    fc.oneof({ weight: 3, arbitrary: value }, { weight: 1, arbitrary: damaged(value, characters) }),
    blanks,
  );

const decimal = (text: string) => {
  const [, sign, whole = '', decimals = ''] = /^\s*([+-]?)0*(\d*)\.?(\d*?)0*\s*$/.exec(text) ?? [];
  return sign === undefined
    ? text
    : `${whole + decimals === '' ? '' : sign.replace('+', '')}${whole || '0'}.${decimals}`;
};
const moment = (text: string) => {
  const match =
    /^\s*(\d{4,5}-\d\d-\d\d)(?:[ Tt](\d\d:\d\d)(:\d\d)?(?:\.(\d+))? ?(?:[Zz]|([+-]\d\d):?(\d\d)?)?)?( BC)?\s*$/.exec(
      text,
    );
  if (!match) return text;
  const [, date, minutes = '00:00', seconds = ':00', decimals = '', hours = '+00', rest = '00', era] = match;
  const [fullYear, month, dayOfMonth] = date!.split('-').map(Number) as [number, number, number];
  const at = new Date(`2000-01-01T${minutes}${seconds}Z`);
  at.setUTCFullYear(era ? 1 - fullYear : fullYear, month - 1, dayOfMonth);
  const offset = Number(hours) * 60 + Number(hours[0] + rest);
  return `${at.getTime() - offset * 60_000}.${decimals.replace(/0+$/, '')}`;
};
const words: Record<string, boolean> = { t: true, true: true, y: true, yes: true, on: true, 1: true };
const jsonMeaning = (text: string): unknown => {
  try {
    // To jsonb -0 is 0.
    return JSON.parse(text, (_, value: unknown) => (value === 0 ? 0 : value));
  } catch {
    return text;
  }
};

const KINDS: Kind[] = [
  {
    type: 'integer',
    value: mostly(
      fc.oneof(
        fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }).map(String),
        joined(chars('+-', 1), chars('0', 2), chars('0123456789', 10)),
        fc.constantFrom('2147483647', '2147483648', '-2147483648', '-2147483649', '0x1F', '1_000', '1e3'),
      ),
      '+-. 09e_\u00a0\n',
    ),
    meaning: decimal,
    promised: /^[ \t]*[+-]?\d+[ \t]*$/,
  },
  {
    type: 'bigint',
    value: mostly(
      fc.oneof(
        fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }).map(String),
        fc.constantFrom(
          '9223372036854775807',
          '9223372036854775808',
          '-9223372036854775808',
          '-9223372036854775809',
        ),
      ),
      '+-. 09',
    ),
    meaning: decimal,
    promised: /^[ \t]*[+-]?\d+[ \t]*$/,
  },
  ...['numeric', 'numeric(5,2)', 'numeric(3,3)', 'numeric(4)'].map((type) => ({
    type,
    value: mostly(
      fc.oneof(
        joined(chars('+-', 1), chars('0123456789', 6), fc.constantFrom('', '.'), chars('0123456789', 5)),
        fc.constantFrom('NaN', 'Infinity', '1e2', '.', '+.5', '5.', '0x1', '1_0'),
      ),
      '+-. 09e,',
    ),
    meaning: decimal,
    promised: /^[ \t]*[+-]?(?:\d+\.?\d*|\.\d+)[ \t]*$/,
  })),
  {
    type: 'date',
    value: mostly(
      fc.oneof(day, fc.constantFrom('today', 'infinity', 'epoch', '2021-03-01 BC', '20210301')),
      '-/0123 T:',
    ),
    meaning: (text) => text.trim(),
    promised: /^[ \t]*\d{4}-\d\d-\d\d[ \t]*$/,
  },
  {
    type: 'timestamp',
    value: mostly(
      fc.oneof(day, joined(day, time), fc.constantFrom('now', 'infinity', 'allballs')),
      '-:.+Z 0129T',
    ),
    meaning: moment,
    promised:
      /^[ \t]*\d{4}-\d\d-\d\d(?:[ Tt]\d\d:\d\d(?::\d\d(?:\.\d{1,30})?)?(?: ?(?:[Zz]|[+-]\d\d(?::?\d\d)?))?)?[ \t]*$/,
  },
  {
    type: 'timestamp',
    formats: ['epoch'],
    value: mostly(
      joined(chars('-', 1), chars('0123456789', 13), fc.constantFrom('', '.'), chars('0123456789', 7)),
      '-. 0e',
    ),
    meaning: (text) => {
      const match = /^\s*(-?\d+)(?:\.(\d+))?\s*$/.exec(text);
      return match ? `${Number(match[1]) * 1000 || 0}.${(match[2] ?? '').replace(/0+$/, '')}` : moment(text);
    },
    promised: /^$/,
  },
  {
    type: 'boolean',
    value: mostly(
      fc.constantFrom('t', 'TRUE', 'y', 'Yes', 'on', '1', 'f', 'False', 'n', 'NO', 'off', '0', 'tr', 'of'),
      'tfo 1e',
    ),
    meaning: (text) => words[text.trim().toLowerCase()] ?? false,
    promised: /^(?:t|true|y|yes|on|1|f|false|n|no|off|0)$/i,
  },
  {
    type: 'varchar(3)',
    value: fc.string({ unit: fc.constantFrom('a', ' ', 'é', '😀', '"', '\\', '\n'), maxLength: 5 }),
    meaning: (text) => text,
    promised: /^/,
  },
  {
    type: 'text',
    value: fc.string({ unit: 'binary', maxLength: 6 }),
    meaning: (text) => text,
    promised: /^/,
  },
  {
    type: 'uuid',
    value: mostly(
      fc.oneof(
        fc.uuid(),
        fc.uuid().map((uuid) => uuid.toUpperCase()),
        fc.uuid().map((uuid) => `{${uuid}}`),
      ),
      '-0gA{} ',
    ),
    meaning: (text) => text.toLowerCase(),
    promised: /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
  },
  {
    type: 'json',
    value: fc.oneof(
      mostly(
        fc.jsonValue({ stringUnit: 'binary', maxDepth: 2 }).map((value) => JSON.stringify(value)),
        '"\\{}[]:,1eu0 ',
      ),
      chars('{}[]":,1a\\u0e-', 8),
      fc.constantFrom(
        '"\\ud800"',
        '{"a":"\\u0000","a":1}',
        '{"a":1,"a":2}',
        '"\\ud83d\\ude00"',
        '1E400',
        '[1.50, -0]',
      ),
    ),
    meaning: jsonMeaning,
    promised: /^$/,
  },
];

let client: pg.Client;
beforeAll(async () => {
  client = await connect();
  // What PostgreSQL makes of a text as a type; null if it refuses.
  await client.query(`
    create function pg_temp.read(value text, type text) returns text language plpgsql as $$
    declare result text;
    begin
      execute format('select ($1::%s)::text', type) into result using value;
      return result;
    exception when others then
      return null;
    end $$`);
});
afterAll(() => client.end());

describe('verdicts and PostgreSQL', () => {
  test.each(
    KINDS.map((kind) => [`${kind.type}${kind.formats ? ` ${kind.formats.join()}` : ''}`, kind] as const),
  )('%s', async (_, { type, formats, value, meaning, promised }) => {
    const feed = makeFeed([{ name: 'value', type, ...(formats ? { formats } : {}) }, 'number integer']);
    const check = columnCheck(type, formats ? { formats } : {});
    let [taken, refused] = [0, 0];
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          value.filter((text) => /^[^\0]+$/.test(text) && text.isWellFormed()),
          { maxLength: 40, size: 'max' },
        ),
        async (values) => {
          const good = values.filter((text) => ['as it is', 'rewrite'].includes(judge(check.type, text)));
          const written = good.map((text) => check.rewrite?.(text) ?? text);
          const lines = written.map((text, i) => `${escaped(text)},${i}\n`);
          const table = await copied(client, feed, ['value', 'number'], [Buffer.from(lines.join(''))]);
          expect(table.map(([stored]) => meaning(stored!))).toEqual(good.map(meaning));

          const bad = values.filter((text) => judge(check.type, text) === 'invalid');
          const { rows } = await client.query<{ read: string | null }>(
            'select pg_temp.read(value, $2) as read from unnest($1::text[]) with ordinality as v(value, n) order by n',
            [bad, postgresType(feed.columns[0]!.type)],
          );
          const wronged = bad.filter((text, i) => {
            const read = rows[i]!.read;
            return read !== null && promised.test(text) && meaning(read) === meaning(text);
          });
          expect(wronged).toEqual([]);
          taken += good.length;
          refused += bad.length;
        },
      ),
      { numRuns: 60 },
    );
    expect(taken).toBeGreaterThan(50);
    if (type !== 'text') expect(refused).toBeGreaterThan(50);
  });
});
