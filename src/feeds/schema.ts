import * as z from 'zod';
import { isTimeZone } from '../clock.js';
import { agencyKey } from './agencyKey.js';
import { cadenceSchema } from './cadence.js';
import { parseDateFormat } from './dateFormat.js';
import { NAME, NAME_EXPECTED } from './name.js';
import { parsePattern } from './pattern.js';
import { isNumber, parseType, TYPE_EXPECTED, type ColumnType } from './type.js';
import { boundFault, defaultFault } from './values.js';

/** How feeds/*.yaml and agencies.yaml are written. The JSON Schemas for editors are generated from here. */

/** Columns that Tallyhouse adds to a table of its own accord. */
export const RESERVED_COLUMNS = ['agency', 'line_number', 'load_id'];

const columnName = z
  .string()
  .regex(NAME, NAME_EXPECTED)
  .max(63, 'expected 63 characters at most')
  .refine((name) => !RESERVED_COLUMNS.includes(name), {
    message: `expected another name: ${RESERVED_COLUMNS.join(', ')} are columns that Tallyhouse adds itself`,
  });

const bound = z.union([z.number(), z.string().min(1)], 'expected a number, or a date in quotes');

/** What a rule may be called in `warn`: the type itself and its length cannot be, such a row does not fit. */
const warnable = z.enum(['min', 'max', 'pattern', 'one_of', 'length'], {
  message: 'expected min, max, pattern, one_of or length: only these can be warnings',
});

const column = z.strictObject({
  name: columnName.describe('Its name in the table, and in the header of the file'),
  type: z
    .string()
    .refine((text) => parseType(text) !== undefined, { message: TYPE_EXPECTED })
    .describe(TYPE_EXPECTED.replace('expected ', '')),
  description: z.string().optional().describe('Becomes the comment on the column'),
  required: z
    .boolean()
    .default(false)
    .describe('Must be in the header, and a row without a value is invalid'),
  aliases: z.array(z.string().min(1)).default([]).describe('Other names that the header may use'),
  default: z.union([z.string(), z.number(), z.boolean()]).optional().describe('Stored where no value came'),
  formats: z
    .array(
      z
        .string()
        .refine((format) => ['iso', 'epoch'].includes(format) || parseDateFormat(format) !== undefined, {
          message: 'expected iso, epoch, or YYYY, MM and DD (and HH, mm, ss), each once',
        }),
    )
    .min(1)
    .default(['iso'])
    .describe(
      'Of a date or timestamp: iso, epoch, or letters such as DD/MM/YYYY; the first that fits is taken',
    ),
  min: bound.optional().describe('The least number or the earliest day'),
  max: bound.optional().describe('The greatest number or the latest day'),
  length: z
    .union(
      [z.int().min(0), z.strictObject({ min: z.int().min(0).optional(), max: z.int().min(0).optional() })],
      'expected a number of characters, or min and max',
    )
    .optional()
    .describe('How many characters a text has: exactly, or from min to max'),
  pattern: z
    .string()
    .refine(isRegExp, { message: 'expected a regular expression' })
    .optional()
    .describe('A regular expression that the whole value must match'),
  one_of: z
    .array(z.union([z.string(), z.number()]))
    .min(1)
    .optional()
    .describe('The only values allowed'),
  warn: z
    .array(warnable)
    .default([])
    .describe('Rules that only warn: the row is loaded and the warning counted'),
});

const ROW_RULE = /^\s*([a-z][a-z0-9_]*)\s*(<=|>=|<>|!=|=|<|>)\s*([a-z][a-z0-9_]*)\s*$/;

export function parseRowRule(text: string): { left: string; operator: string; right: string } | undefined {
  const match = ROW_RULE.exec(text);
  return match ? { left: match[1]!, operator: match[2]!, right: match[3]! } : undefined;
}

const rowRule = z.strictObject({
  check: z
    .string()
    .refine((text) => parseRowRule(text) !== undefined, {
      message: 'expected two columns and one of < <= = <> >= > between them',
    })
    .describe('Two columns and a comparison: `customer_rating <= customer_rating_limit`'),
  severity: z.enum(['invalid', 'warn', 'off']).default('invalid'),
});

const keyColumns = z.union(
  [z.string().transform((name) => [name]), z.array(z.string()).min(1)],
  'expected a column, or a list of columns',
);

const guards = z.strictObject({
  max_invalid_percent: z
    .number()
    .min(0)
    .max(100)
    .default(50)
    .describe('More invalid rows than this hold the load'),
  min_rows_percent: z
    .number()
    .min(0)
    .max(100)
    .default(20)
    .describe('Fewer rows than this share of the load before hold the load'),
  empty: z
    .enum(['hold', 'allow'])
    .default('hold')
    .describe('Whether a file without a valid row may replace a table that has rows'),
});

/** COPY would take a backslash before a point for the end of the data; letters and digits are values. */
const quoteCharacter = z.string().regex(/^[!-,/:-@[\]-`{-~-]$/, 'expected one character such as " or \'');

const delimiterText = z
  .string()
  .min(1)
  .regex(
    /^(?:[\t -,/:-@[\]-`{-~-]|[^\0\r\n]{2,}|[^\0-\x7f])$/u,
    'expected a character such as , or ; or several',
  );

const filePattern = z.string().superRefine((text, context) => {
  const parsed = parsePattern(text);
  if ('fault' in parsed) context.addIssue({ code: 'custom', message: parsed.fault });
});

export const feedSchema = z
  .strictObject({
    title: z.string().min(1).describe('One sentence; becomes the comment on the table'),
    files: z
      .array(filePattern)
      .min(1)
      .describe(
        'Names of its files below the inbox, with {agency} and {date:YYYYMMDD}; the first that fits is taken',
      ),
    agencies: z
      .enum(['declared', 'any'])
      .default('declared')
      .describe('Whether only agencies of agencies.yaml may deliver'),
    mode: z.enum(['replace', 'append', 'upsert']),
    ready: z
      .enum(['stable', 'done-file', 'manifest'])
      .default('stable')
      .describe(
        'What says that a file is complete: stable (nobody writes to it), done-file (FILE.done) or manifest (FILE.manifest.json or FILE.sha256)',
      ),
    header: z
      .enum(['required', 'none', 'optional'])
      .default('required')
      .describe(
        'none: columns come in the order of this file; optional: taken as a header if it names the columns',
      ),
    delimiter: delimiterText.default(','),
    quote: quoteCharacter.default('"'),
    comment: z
      .string()
      .min(1)
      .regex(/^[^\r\n]*$/, 'expected characters of one line')
      .optional()
      .describe('A line that begins with this is no row'),
    encoding: z
      .enum(['utf-8', 'utf-16', 'latin1', 'windows-1252'])
      .default('utf-8')
      .describe('utf-16 of either byte order, with or without a byte order mark'),
    nulls: z.array(z.string().min(1)).default([]).describe('Words that mean "no value", such as NULL'),
    json: z
      .strictObject({
        list: z.string().min(1).optional().describe('The name under which an object holds its list'),
        pairs: z
          .strictObject({ key: z.string(), value: z.string() })
          .optional()
          .describe('Columns that the names and the values of a plain object become'),
      })
      .optional()
      .describe('How files that end in .json are read'),
    columns: z.array(column).min(1),
    key: keyColumns
      .optional()
      .describe('What tells one row from another; a repeated key makes the later row invalid'),
    unique: z
      .array(keyColumns)
      .default([])
      .describe('Other columns, or groups of columns, that may not repeat'),
    rules: z.array(rowRule).default([]).describe('Conditions over two columns of a row'),
    guards: guards.prefault({}),
    diff: z
      .literal('counts', 'expected counts')
      .optional()
      .describe('counts: each load writes into the ledger how many rows it added, removed and changed'),
    cadence: cadenceSchema.optional(),
  })
  .superRefine((feed, context) => {
    const fault = (path: (string | number)[], message: string) => {
      context.addIssue({ code: 'custom', path, message });
    };
    const names = feed.columns.map((each) => each.name);
    const known = `expected a column of this feed: ${names.join(', ')}`;
    const taken = new Set<string>();
    feed.columns.forEach((each, index) => {
      for (const name of [each.name, ...each.aliases]) {
        const key = name.trim().toLowerCase();
        if (taken.has(key))
          fault(['columns', index, 'name'], `the header name ${name} is given to two columns`);
        taken.add(key);
      }
    });
    feed.columns.forEach((each, index) => {
      const type = parseType(each.type);
      if (type)
        valueFaults(type, each).forEach(([path, message]) => fault(['columns', index, ...path], message));
    });
    (feed.key ?? []).forEach((name) => {
      if (!names.includes(name)) fault(['key'], known);
      else if (!feed.columns.find((each) => each.name === name)!.required)
        fault(['key'], `expected required columns: ${name} is not`);
    });
    feed.unique.forEach((group, index) => {
      if (!group.every((name) => names.includes(name))) fault(['unique', index], known);
    });
    feed.rules.forEach((rule, index) => {
      const parsed = parseRowRule(rule.check);
      if (!parsed) return;
      const [left, right] = [parsed.left, parsed.right].map((name) =>
        feed.columns.find((each) => each.name === name),
      );
      if (!left || !right) fault(['rules', index, 'check'], known);
      else if (kindOf(left.type) !== kindOf(right.type))
        fault(
          ['rules', index, 'check'],
          `expected columns that can be compared: ${left.type} and ${right.type} cannot`,
        );
    });
    if (feed.mode !== 'replace' && !feed.key) fault(['mode'], `mode ${feed.mode} needs a key`);
    if (feed.diff && feed.mode !== 'replace')
      fault(['diff'], `expected mode replace: with ${feed.mode} there is no version before to compare with`);
    if (feed.delimiter.includes(feed.quote))
      fault(['delimiter'], 'expected another character than the quote');
    if (feed.comment && [feed.quote, feed.delimiter].some((each) => feed.comment!.startsWith(each)))
      fault(['comment'], 'expected something that no row begins with, neither quote nor delimiter');
  });

const agency = z.strictObject({
  name: z.string().min(1).describe('How people call it'),
  time_zone: z
    .string()
    .refine(isTimeZone, { message: 'expected a time zone such as Europe/Zurich' })
    .optional()
    .describe('Where its days begin, if not in TALLY_TIME_ZONE'),
  aliases: z.array(z.string().min(1)).default([]).describe('Other words for it in file names'),
  files: z
    .record(z.string(), z.array(filePattern).min(1))
    .default({})
    .describe('For a feed, patterns of its own file names'),
});

export const agenciesSchema = z
  .strictObject({
    default: z.string().optional().describe('The agency of files whose name names none'),
    agencies: z
      .record(z.string().regex(NAME, NAME_EXPECTED).max(31, 'expected 31 characters at most'), agency)
      .nullable()
      .default({})
      .transform((agencies) => agencies ?? {}),
  })
  .superRefine((file, context) => {
    const fault = (path: (string | number)[], message: string) => {
      context.addIssue({ code: 'custom', path, message });
    };
    if (file.default !== undefined && !Object.hasOwn(file.agencies, file.default))
      fault(['default'], 'expected an agency of this file');
    const owners = new Map(Object.keys(file.agencies).map((key) => [key, key]));
    for (const [key, { aliases }] of Object.entries(file.agencies)) {
      aliases.forEach((alias, index) => {
        const owner = owners.get(agencyKey(alias)) ?? key;
        if (owner !== key)
          fault(['agencies', key, 'aliases', index], `expected a word of its own: this is ${owner}`);
        owners.set(agencyKey(alias), owner);
      });
    }
  });

export type FeedFile = z.output<typeof feedSchema>;

type ColumnFile = z.output<typeof column>;

function valueFaults(type: ColumnType, file: ColumnFile): [path: (string | number)[], message: string][] {
  const bounds: [(string | number)[], string | number | undefined][] = [
    [['min'], file.min],
    [['max'], file.max],
    ...(file.one_of ?? []).map((each, index): [(string | number)[], string | number] => [
      ['one_of', index],
      each,
    ]),
  ];
  const faults = bounds.map(([path, bound]): [(string | number)[], string | undefined] => [
    path,
    bound === undefined ? undefined : boundFault(type, file.formats, String(bound)),
  ]);
  faults.push([
    ['default'],
    file.default === undefined ? undefined : defaultFault(type, String(file.default)),
  ]);
  return faults.flatMap(([path, message]) => (message ? [[path, message]] : []));
}

/** Values of one kind can be compared. */
function kindOf(text: string): string {
  const type = parseType(text);
  if (!type || isNumber(type)) return 'number';
  return type.kind === 'date' || type.kind === 'timestamp' ? 'time' : 'text';
}

function isRegExp(text: string): boolean {
  try {
    new RegExp(text, 'u');
    return true;
  } catch {
    return false;
  }
}
