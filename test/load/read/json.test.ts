import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { makeFeed } from '../../feeds/making.js';
import { FAULT } from '../../../src/load/read/row.js';
import { readFile, refusal } from './reading.js';

const feed = makeFeed(
  [{ name: 'id', type: 'text', required: true, aliases: ['ticket_type_id'] }, 'name text', 'enabled boolean'],
  { json: { list: 'items', pairs: { key: 'id', value: 'name' } } },
);
const read = (content: string | Buffer, given = feed) => readFile(given, content, { name: 'things.json' });
const fieldsOf = async (content: string) => (await read(content)).rows.map((row) => row.fields);

describe('rows', () => {
  test.each([
    [
      'an object that holds a list',
      '{"total": 2, "items": [{"id": 1, "name": "Adult"}, {"id": 2, "enabled": true}]}',
    ],
    ['a list', '[{"id": 1, "name": "Adult"}, {"id": 2, "enabled": true}]'],
    ['a list with a byte order mark', '\ufeff[{"id": 1, "name": "Adult"}, {"id": 2, "enabled": true}]'],
  ])('of %s', async (_, content) => {
    expect(await fieldsOf(content)).toEqual([
      ['1', 'Adult', ''],
      ['2', '', 'true'],
    ]);
  });

  test('of names and values', async () => {
    const { rows } = await read('{"1": "Adult", "2": {"name": "Child", "enabled": false},\n "3": null}');
    expect(rows.map((row) => row.fields)).toEqual([
      ['1', 'Adult', ''],
      ['2', 'Child', 'false'],
      ['3', '', ''],
    ]);
    expect(rows.map((row) => row.raw)).toEqual([
      '"1": "Adult"',
      '"2": {"name": "Child", "enabled": false}',
      '"3": null',
    ]);
  });

  test('of an empty list are none', async () => {
    expect(await fieldsOf('[]')).toEqual([]);
    expect(await fieldsOf('{"items": []}')).toEqual([]);
    expect(await fieldsOf('{}')).toEqual([]);
  });

  test('by alias, in any case', async () => {
    expect(await fieldsOf('[{"Ticket_Type_ID": 7, "NAME": "x"}]')).toEqual([['7', 'x', '']]);
  });

  test('other names are drift', async () => {
    expect((await read('[{"id": 1, "price": 3}, {"id": 2, "colour": "red"}]')).header.drift).toEqual({
      extra: ['price', 'colour'],
      absent: [],
    });
  });
});

describe('values', () => {
  test('are written as they came: numbers, what is nested, quotes, nothing for null', async () => {
    const content =
      '[{"id": 1.50e2, "name": {"de": ["x", 1]}, "enabled": null}, {"id": "say \\"hi\\"\\n", "name": ""}]';
    expect(await fieldsOf(content)).toEqual([
      ['1.50e2', '{"de": ["x", 1]}', ''],
      ['say "hi"\n', '', ''],
    ]);
  });

  test('any text comes through, whatever the quote of the feed is', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({
          unit: fc.oneof(
            fc.constantFrom('"', "'", '$', '\\', '\n'),
            fc.string({ unit: 'binary', maxLength: 1 }),
          ),
        }),
        fc.constantFrom('"', "'", '$'),
        async (text, quote) => {
          const quoting = makeFeed(['id text', 'name text'], { quote });
          const { rows } = await read(JSON.stringify([{ name: text, id: 'x' }]), quoting);
          expect(rows.map((row) => row.fields)).toEqual([['x', text]]);
        },
      ),
      { numRuns: 150 },
    );
  });

  test('half of a surrogate pair is not repaired: it stays a byte that is not UTF-8', async () => {
    const { rows } = await read('[{"id": "a\\ud800b", "name": "\\ud83d\\ude00"}]');
    expect(rows[0]!.fields).toEqual(['a\ufffdb', '😀', '']);
    expect(rows[0]!.raw).toBe('{"id": "a\\ud800b", "name": "\\ud83d\\ude00"}');
  });
});

describe('lines and raw text', () => {
  test('a row has the line on which it starts, and its own text', async () => {
    const { rows } = await read('{"items": [\n  {"id": 1},\r\n  {\n    "id": 2 },\n\n{"id":3}]}');
    expect(rows.map((row) => [row.line, row.raw])).toEqual([
      [2, '{"id": 1}'],
      [3, '{\n    "id": 2 }'],
      [6, '{"id":3}'],
    ]);
  });

  test('rows of one line are counted on, because a row is known by its line', async () => {
    const { rows } = await read('[{"id": 1}, {"id": 2},\n{"id": 3}, {"id": 4}]');
    expect(rows.map((row) => row.line)).toEqual([1, 2, 3, 4]);
  });
});

describe('rows that are none', () => {
  test('elements that are no objects', async () => {
    const { rows } = await read('[1, {"id": 2}, "x", [3], null]');
    expect(rows.map((row) => [row.raw, row.fault])).toEqual([
      ['1', FAULT.notObject],
      ['{"id": 2}', FAULT.none],
      ['"x"', FAULT.notObject],
      ['[3]', FAULT.notObject],
      ['null', FAULT.notObject],
    ]);
  });

  test('a name that comes twice with different values, be it by alias', async () => {
    const { rows } = await read(
      '[{"id": 1, "id": 2}, {"id": 1, "ticket_type_id": 2}, {"id": 1, "ID": 1}, {"id": 1, "x": 1, "x": 2}]',
    );
    expect(rows.map((row) => row.fault)).toEqual([FAULT.nameTwice, FAULT.nameTwice, FAULT.none, FAULT.none]);
    const pairs = await read('{"17": {"id": 17, "name": "Adult"}, "18": {"id": 19}}');
    expect(pairs.rows.map((row) => row.fault)).toEqual([FAULT.none, FAULT.nameTwice]);
  });
});

describe('files that are refused', () => {
  test.each([
    ['[{"id": 1}\n {"id": 2}]', 'line 2: CommaExpected'],
    ['[{"id": 1},]', 'line 1: ValueExpected'],
    ['// no comments\n[]', 'line 1: InvalidCommentToken'],
    ['[{"id": 1', 'line 1: CloseBraceExpected'],
    ['id,name\n1,a\n', 'line 1: InvalidSymbol'],
  ])('%j is not JSON', async (content, what) => {
    expect(await refusal(read(content))).toMatchObject({
      code: 'json_malformed',
      message: `The file is not JSON: ${what}. Nothing was loaded.`,
    });
  });

  test.each(['', '  \n', '\ufeff'])('%j is empty', async (content) => {
    expect(await refusal(read(content))).toMatchObject({ code: 'file_empty' });
  });

  test('what is JSON is exactly what JSON.parse takes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({
          unit: fc.constantFrom(
            '[',
            ']',
            '{"id":',
            '}',
            ',',
            '1',
            '-',
            '0',
            '.',
            'e',
            '"',
            '\\',
            'n',
            ' ',
            'null',
            '\t',
          ),
        }),
        async (text) => {
          const content = `[${text}]`;
          let isJson = true;
          try {
            JSON.parse(content);
          } catch {
            isJson = false;
          }
          expect((await refusal(read(content))).code).toBe(isJson ? undefined : 'json_malformed');
        },
      ),
      { numRuns: 300 },
    );
  });

  test('a value that is no list says what was expected', async () => {
    expect((await refusal(read('"text"'))).message).toBe(
      'The JSON is string; expected a list of objects or {"items": [...]} or an object of names and values. Nothing was loaded.',
    );
    const plain = makeFeed(['id text']);
    expect((await refusal(read('{"items": []}', plain))).message).toBe(
      'The JSON is object; expected a list of objects. Nothing was loaded.',
    );
  });

  test('bytes that are not UTF-8, also where the feed is Latin-1', async () => {
    expect(await refusal(read(Buffer.from('[{"id": "é"}]', 'latin1')))).toMatchObject({
      code: 'file_encoding',
      message: 'The JSON file is not utf-8. Nothing was loaded.',
    });
    const latin1 = makeFeed(['id text'], { encoding: 'latin1' });
    expect(await refusal(read('[{"id": "é"}]', latin1))).toMatchObject({
      code: 'file_encoding',
      message: 'JSON is always Unicode, and the feed says latin1. Nothing was loaded.',
    });
  });

  test('one that is nested without end', async () => {
    expect(await refusal(read('['.repeat(100_000) + ']'.repeat(100_000)))).toMatchObject({
      code: 'json_malformed',
      message: 'The JSON is nested thousands of levels deep. Nothing was loaded.',
    });
  });

  test('one that is too large to be read whole', async () => {
    const { code, hint } = await refusal(read(Buffer.alloc(16 * 1024 * 1024 + 1, ' ')));
    expect({ code, hint }).toEqual({
      code: 'json_malformed',
      hint: 'Ask for it as CSV, which is read at any size.',
    });
  });
});
