import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from '@jest/globals';
import {
  findFeed,
  hasLineNumbers,
  hasLoadIds,
  loadFeeds,
  readFeed,
  readFeeds,
  uniqueGroups,
} from '../../src/feeds/feed.js';
import { faultText } from '../../src/feeds/yaml.js';
import { makeFeed } from './making.js';

const RIGHT = `title: Things
files: [a.csv]
mode: replace
columns:
  - { name: id, type: integer }
  - { name: day, type: date }
`;

/** The faults of a feed, as they are shown. */
function faultsOf(text: string, file = 'feeds/things.yaml'): string[] {
  const read = readFeed(file, text);
  return 'faults' in read ? read.faults.map((fault) => faultText(fault).trim()) : [];
}

const changed = (from: string, to: string) => RIGHT.replace(from, to);

describe('a feed', () => {
  test('has what its file says, and defaults for the rest', () => {
    const feed = makeFeed(['id integer!', { name: 'name', type: 'varchar(5)', aliases: ['label'] }], { key: 'id' });
    expect(feed).toMatchObject({
      name: 'things',
      header: 'required',
      agencies: 'declared',
      delimiter: ',',
      quote: '"',
      encoding: 'utf-8',
      nulls: [],
      key: ['id'],
      unique: [],
      guards: { max_invalid_percent: 50, min_rows_percent: 20, empty: 'hold' },
    });
    expect(feed.columns[1]).toMatchObject({ type: { kind: 'varchar', length: 5 }, required: false, aliases: ['label'], formats: ['iso'] });
  });

  test('has the row rules that are not off', () => {
    const rules = [{ check: 'a<=b' }, { check: 'b <> a', severity: 'warn' }, { check: 'a = b', severity: 'off' }];
    expect(makeFeed(['a integer', 'b integer'], { rules }).rules).toEqual([
      { text: 'a<=b', left: 'a', operator: '<=', right: 'b', severity: 'invalid' },
      { text: 'b <> a', left: 'b', operator: '<>', right: 'a', severity: 'warn' },
    ]);
  });

  test('has line numbers if it is keyed, and load ids if loads lie side by side', () => {
    const plain = makeFeed(['id integer!']);
    const unique = makeFeed(['id integer!', 'b text'], { unique: ['id', ['id', 'b']] });
    const appended = makeFeed(['id integer!'], { mode: 'append', key: 'id' });
    expect([plain, unique, appended].map(hasLineNumbers)).toEqual([false, true, true]);
    expect([plain, unique, appended].map(hasLoadIds)).toEqual([false, false, true]);
    expect([plain, unique, appended].map(uniqueGroups)).toEqual([[], [['id'], ['id', 'b']], [['id']]]);
  });
});

describe('faults', () => {
  test('a right feed has none', () => {
    expect(faultsOf(RIGHT)).toEqual([]);
  });

  test.each([
    ['an empty file', '', [
      '1: title: expected a text, got nothing',
      '1: files: expected a list, got nothing',
      '1: mode: expected replace or append or upsert, got nothing',
      '1: columns: expected a list, got nothing',
    ]],
    ['a text', 'hello', ['1: expected names and values, got `hello`']],
    ['a list', '- title', ['1: expected names and values, got a list']],
    ['an unknown word', `${RIGHT}guard:\n  max: 1\n`, ['7: guard: is not known here']],
    ['an unknown mode', changed('replace', 'swap'), ['3: mode: expected replace or append or upsert, got `swap`']],
    ['no pattern', changed('[a.csv]', '[]'), ['2: files: expected a list that is not empty']],
    ['a wrong pattern', changed('a.csv', "'{agenci}.csv'"), ['2: files.0: expected {agency} or {date:YYYYMMDD}, got `{agenci}`']],
    ['a wrong type', changed('integer', 'int'), [
      '5: columns.0.type: expected integer, bigint, numeric, numeric(p,s), boolean, text, varchar(n), date, timestamp, uuid, email or json, got `int`',
    ]],
    ['a wrong name', changed('name: id', 'name: Id'), [
      '5: columns.0.name: expected a lower-case name: letters, digits and _, beginning with a letter, got `Id`',
    ]],
    ['a name that is taken', changed('name: id', 'name: load_id'), [
      '5: columns.0.name: expected another name: agency, line_number, load_id are columns that Tallyhouse adds itself, got `load_id`',
    ]],
    ['a column that is a text', changed('- { name: id, type: integer }', '- id'), ['5: columns.0: expected names and values, got `id`']],
    ['a bound that is no number', changed('integer }', 'integer, min: abc }'), ['5: columns.0.min: expected a number, written with digits, got `abc`']],
    ['a bound that is no day', changed('date }', 'date, max: tomorrow }'), ['6: columns.1.max: expected a day such as "2021-03-01", got `tomorrow`']],
    ['an allowed value of another type', changed('integer }', 'integer, one_of: [1, two] }'), [
      '5: columns.0.one_of.1: expected a number, written with digits, got `two`',
    ]],
    ['a default of another type', changed('integer }', 'integer, default: 1.5 }'), ['5: columns.0.default: expected an integer, got `1.5`']],
    ['a length in words', changed('integer }', 'integer, length: long }'), [
      '5: columns.0.length: expected a number of characters, or min and max, got `long`',
    ]],
    ['a pattern that is none', changed('integer }', "integer, pattern: '(' }"), ['5: columns.0.pattern: expected a regular expression, got `(`']],
    ['a format that is none', changed('date }', 'date, formats: [DD/MM] }'), [
      '6: columns.1.formats.0: expected iso, epoch, or YYYY, MM and DD (and HH, mm, ss), each once, got `DD/MM`',
    ]],
    ['a type as a warning', changed('integer }', 'integer, warn: [type] }'), [
      '5: columns.0.warn.0: expected min, max, pattern, one_of or length: only these can be warnings, got `type`',
    ]],
    ['one name for two columns', changed('name: day', 'name: day, aliases: [ID]'), ['6: columns.1.name: the header name ID is given to two columns']],
    ['an unknown key', `${RIGHT}key: nope\n`, ['7: key: expected a column of this feed: id, day, got `nope`']],
    ['a key that may be missing', `${RIGHT}key: [id]\n`, ['7: key: expected required columns: id is not']],
    ['a key that is a number', `${RIGHT}key: 3\n`, ['7: key: expected a column, or a list of columns, got `3`']],
    ['no key where one is needed', changed('replace', 'append'), ['3: mode: mode append needs a key']],
    ['a rule that is none', `${RIGHT}rules: [{ check: id < }]\n`, [
      '7: rules.0.check: expected two columns and one of < <= = <> >= > between them, got `id <`',
    ]],
    ['a rule over an unknown column', `${RIGHT}rules: [{ check: id < x }]\n`, ['7: rules.0.check: expected a column of this feed: id, day, got `id < x`']],
    ['a rule over what cannot be compared', `${RIGHT}rules: [{ check: id < day }]\n`, [
      '7: rules.0.check: expected columns that can be compared: integer and date cannot, got `id < day`',
    ]],
    ['a delimiter that is the quote', `${RIGHT}delimiter: '"'\n`, ['7: delimiter: expected another character than the quote, got `"`']],
    ['a delimiter that is a letter', `${RIGHT}delimiter: t\n`, ['7: delimiter: expected a character such as , or ; or several, got `t`']],
    ['a quote that would end the COPY', `${RIGHT}quote: '\\'\n`, ['7: quote: expected one character such as " or \', got `\\`']],
    ['a comment that rows begin with', `${RIGHT}comment: '"x'\n`, [
      '7: comment: expected something that no row begins with, neither quote nor delimiter, got `"x`',
    ]],
    ['an unknown encoding', `${RIGHT}encoding: utf8\n`, ['7: encoding: expected utf-8 or utf-16 or latin1 or windows-1252, got `utf8`']],
    ['null without quotes', `${RIGHT}nulls: [NULL]\n`, ['7: nulls.0: expected a text, got `NULL` without quotes']],
    ['percents that are none', `${RIGHT}guards:\n  max_invalid_percent: 120\n  min_rows_percent: -1\n`, [
      '8: guards.max_invalid_percent: expected 100 at most, got `120`',
      '9: guards.min_rows_percent: expected 0 or more, got `-1`',
    ]],
    ['a time that is none', `${RIGHT}cadence: { by: '6', days: never }\n`, [
      '7: cadence.days: expected daily, weekdays, or a list of mon, tue, wed, thu, fri, sat, sun, got `never`',
      '7: cadence.by: expected a time of day such as "06:00", got `6`',
    ]],
    ['a cadence of no days', `${RIGHT}cadence: { holidays: [christmas], days_later: -1, agencies: [] }\n`, [
      '7: cadence.days_later: expected 0 or more, got `-1`',
      '7: cadence.holidays.0: expected a date such as 2026-12-25, got `christmas`',
      '7: cadence.agencies: expected a list that is not empty',
    ]],
    ['no YAML', 'title: "x', ['1: not YAML: Missing closing "quote']],
    ['a word twice', `${RIGHT}mode: append\n`, ['7: not YAML: Map keys must be unique']],
    ['an alias of nothing', RIGHT.replace('Things', '*none'), [
      '1: not YAML: Unresolved alias (the anchor must be set before the alias): none',
    ]],
  ])('%s', (_, text, faults) => {
    expect(faultsOf(text)).toEqual(faults.map((fault) => `feeds/things.yaml:${fault}`));
  });

  test('are all told, each on its line', () => {
    const text = `title: ''
files: 7
mode: replace
columns:
  - name: id
    type: nothing
    required: maybe
  - name: id
    type:
      deep: 1
colour: red
`;
    expect(faultsOf(text)).toEqual([
      'feeds/things.yaml:1: title: expected a text that is not empty, got ``',
      'feeds/things.yaml:2: files: expected a list, got `7`',
      expect.stringMatching(/^feeds\/things\.yaml:6: columns\.0\.type: expected integer, .*, got `nothing`$/),
      'feeds/things.yaml:7: columns.0.required: expected true or false, got `maybe`',
      'feeds/things.yaml:9: columns.1.type: expected a text, got names and values',
      'feeds/things.yaml:11: colour: is not known here',
    ]);
  });

  test.each([
    ['feeds/Things.yaml', 'expected a file name of lower-case letters, digits and _, 31 at most: it becomes the name of the table'],
    ['feeds/1st.yaml', 'expected a file name of lower-case letters, digits and _, 31 at most: it becomes the name of the table'],
    ['feeds/rating_history.yaml', 'expected another file name: rating_history is a relation of the warehouse'],
  ])('the file name %s', (file, fault) => {
    expect(faultsOf(RIGHT, file)).toEqual([`${file}:1: ${fault}`]);
  });
});

describe('the feeds of a workspace', () => {
  const workspace = mkdtempSync(join(tmpdir(), 'tally-feeds-'));
  const folder = join(workspace, 'feeds');
  mkdirSync(folder);
  afterAll(() => rmSync(workspace, { recursive: true }));
  const files = (content: Record<string, string>) => {
    for (const name of readdirSync(folder)) rmSync(join(folder, name));
    for (const [name, text] of Object.entries(content)) writeFileSync(join(folder, name), text);
  };

  test('are its YAML files, by name', () => {
    files({ 'b.yml': RIGHT, 'a.yaml': RIGHT, 'notes.txt': 'x' });
    expect(readFeeds(workspace).feeds.map((feed) => feed.name)).toEqual(['a', 'b']);
    expect(loadFeeds(workspace).length).toBe(2);
  });

  test('may be none', () => {
    expect(readFeeds(join(workspace, 'elsewhere'))).toEqual({ feeds: [], faults: [] });
  });

  test('with faults are refused together', () => {
    files({ 'a.yaml': RIGHT, 'b.yaml': changed('integer', 'int'), 'c.yaml': changed('replace', 'swap') });
    expect(() => loadFeeds(workspace)).toThrow(
      /^The feeds cannot be used:\n {2}feeds\/b\.yaml:5: columns\.0\.type: .*\n {2}feeds\/c\.yaml:3: mode: .*$/,
    );
  });

  test('cannot have two files for one', () => {
    files({ 'a.yaml': RIGHT, 'a.yml': RIGHT });
    expect(readFeeds(workspace).faults).toEqual([
      { file: 'feeds/a.yml', line: 1, message: 'expected one file for a, got another' },
    ]);
  });

  test('are found by name, or the closest one is said', () => {
    const feeds = [makeFeed(['id integer'])];
    expect(findFeed(feeds, 'things').name).toBe('things');
    expect(() => findFeed(feeds, 'thing')).toThrow('There is no feed thing; did you mean things?');
    expect(() => findFeed([], 'orders')).toThrow('There is no feed orders.');
  });
});

test('every feed that ships is right', () => {
  const shipped = fileURLToPath(new URL('../..', import.meta.url));
  const { feeds, faults } = readFeeds(shipped);
  expect(faults).toEqual([]);
  expect(feeds.length).toBe(readdirSync(join(shipped, 'feeds')).length);
  expect(readFileSync(join(shipped, 'feeds', 'orders.yaml'), 'utf8')).toContain('order_reference');
});
