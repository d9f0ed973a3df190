import { describe, expect, test } from '@jest/globals';
import { makeFeed } from '../../feeds/making.js';
import { FAULT } from '../../../src/load/read/row.js';
import { readFile, refusal } from './reading.js';

const feed = makeFeed([
  'id integer!',
  { name: 'name', type: 'text', required: true, aliases: ['label', 'Full Name'] },
  'note text',
]);

describe('a header that is required', () => {
  test.each([
    ['in order', 'id,name,note'],
    ['in capitals', 'ID,Name,NOTE'],
    ['with blanks around', ' id ,\tname, note  '],
    ['quoted', '"id","name","note"'],
    ['by alias', 'id,LABEL,note'],
    ['by an alias of two words', 'id,full name,note'],
    ['after a byte order mark', '\ufeffid,name,note'],
    ['after empty lines', '\n\r\nid,name,note'],
  ])('%s', async (_, header) => {
    const { columns, rows } = await readFile(feed, `${header}\n1,a,b\n`);
    expect(columns).toEqual(['id', 'name', 'note']);
    expect(rows.map((row) => row.fields)).toEqual([['1', 'a', 'b']]);
  });

  test('in any order, without an optional column, with others', async () => {
    const { columns, header } = await readFile(feed, 'Extra , name,more,id\nx,a,y,1\n');
    expect(columns).toEqual([undefined, 'name', undefined, 'id']);
    expect(header).toMatchObject({ isRow: false, drift: { extra: ['Extra', 'more'], absent: ['note'] } });
  });

  test('alone is a file without rows', async () => {
    expect((await readFile(feed, 'id,name')).rows).toEqual([]);
    expect((await readFile(feed, 'id,name\r\n\r\n')).rows).toEqual([]);
  });

  test.each([
    ['id,name,ID', 'The header names id twice (columns 1 and 3), so the file was refused.'],
    [
      'id,name,label',
      'The header names name as `name` and as `label` (columns 2 and 3), so the file was refused.',
    ],
    ['id,name,x, X', 'The header names x twice (columns 3 and 4), so the file was refused.'],
    [
      'id,name,,',
      'The header names a column without a name twice (columns 3 and 4), so the file was refused.',
    ],
  ])('%s names a column twice', async (header, message) => {
    expect(await refusal(readFile(feed, `${header}\n`))).toMatchObject({ code: 'header_duplicate', message });
  });

  test('a missing column is named, with the closest name that is there', async () => {
    expect(await refusal(readFile(feed, 'id,nmae,note\n1,a,b\n'))).toEqual({
      code: 'header_missing_column',
      message:
        'The header lacks name (the closest name in the header is `nmae`); it has `id`, `nmae`, `note`. The file was refused.',
      hint: 'Ask for the column, or give the name that is used as an alias in feeds/things.yaml.',
    });
  });

  test.each([
    ['id;name;note', ';'],
    ['id\tname\tnote', '\t'],
    ['id|name|note', '|'],
  ])('%j has another delimiter, which is said', async (header, delimiter) => {
    const { code, hint } = await refusal(readFile(feed, `${header}\n`));
    expect(code).toBe('header_missing_column');
    expect(hint).toBe(`The fields seem to be separated by \`${delimiter}\`, and the feed says \`,\`.`);
  });

  test('a first line that names no column is no header, also where none is required', async () => {
    const lenient = makeFeed(['id integer', 'name text']);
    expect(await refusal(readFile(lenient, '1;a\n2;b\n'))).toMatchObject({
      code: 'header_missing_column',
      message: 'The header lacks id, name; it has `1;a`. The file was refused.',
      hint: 'The fields seem to be separated by `;`, and the feed says `,`.',
    });
  });

  test('quotes that do not work out refuse the file', async () => {
    for (const header of ['id,"name', 'i"d,name', '"id"x,name']) {
      expect(await refusal(readFile(feed, `${header}\n1,"a"\n`))).toMatchObject({ code: 'header_malformed' });
    }
  });

  test('more columns than there are places for refuse the file', async () => {
    const names = Array.from({ length: 5000 }, (_, i) => `c${i}`).join();
    expect(await refusal(readFile(feed, `id,name,${names}\n`))).toMatchObject({
      code: 'header_malformed',
      message: 'The header has 5002 columns; expected 4096 at most.',
    });
  });

  test('a long list of names is cut', async () => {
    const names = Array.from({ length: 30 }, (_, i) => `c${i}`).join();
    const { message } = await refusal(readFile(feed, `${names}\n`));
    expect(message).toContain('`c19`, …');
    expect(message).not.toContain('c20');
  });
});

describe('no header', () => {
  const bare = makeFeed(['id integer!', 'name text!', 'note text'], { header: 'none' });

  test('columns come in the order of the feed, and optional ones at the end may be left out', async () => {
    const { columns, rows } = await readFile(bare, '1,a\n2,b\n');
    expect(columns).toEqual(['id', 'name']);
    expect(rows.map((row) => [row.line, ...row.fields])).toEqual([
      [1, '1', 'a'],
      [2, '2', 'b'],
    ]);
    expect((await readFile(bare, '1,a,x\n')).columns).toEqual(['id', 'name', 'note']);
  });

  test('another number of fields refuses the file', async () => {
    expect(await refusal(readFile(bare, '1;a;x\n2;b;y\n'))).toEqual({
      code: 'header_malformed',
      message: 'The first rows have 1 fields; expected 2 to 3: id, name, note.',
      hint: 'Is the delimiter `,`?',
    });
    expect(await refusal(readFile(bare, '1,a,b,c\n'))).toMatchObject({ code: 'header_malformed' });
  });

  test.each([
    ['a stray quote', '1,a"b,x'],
    ['a quote that is never closed', '1,"a,x'],
    ['a missing delimiter', '1,ax'],
    ['an extra one', '1,a,x,'],
  ])('%s in the first row costs that row only', async (_, first) => {
    const { columns, rows } = await readFile(bare, `${first}\n2,"\nb",y\n3,c,z\n4,d,w\n`);
    expect(columns).toEqual(['id', 'name', 'note']);
    expect(rows.map((row) => row.raw)).toEqual([first, '2,"\nb",y', '3,c,z', '4,d,w']);
  });

  test('a file without a row', async () => {
    const { columns, rows } = await readFile(bare, '\n\n');
    expect([columns, rows]).toEqual([['id', 'name', 'note'], []]);
  });
});

describe('an optional header', () => {
  const either = makeFeed(['id text!', 'name text!', 'note text'], { header: 'optional' });

  test('is taken for one if it names columns', async () => {
    const { columns, rows } = await readFile(either, 'name,id\na,1\n');
    expect(columns).toEqual(['name', 'id']);
    expect(rows.map((row) => row.fields)).toEqual([['a', '1']]);
  });

  test('is a row if it names none', async () => {
    const { columns, rows, header } = await readFile(either, '1,a,x\n2,b,y\n');
    expect(columns).toEqual(['id', 'name', 'note']);
    expect(rows.map((row) => row.line)).toEqual([1, 2]);
    expect(header.isRow).toBe(true);
  });

  test('a first row with the same value twice is a row', async () => {
    expect((await readFile(either, 'x,x,x\n')).rows).toMatchObject([{ line: 1, fields: ['x', 'x', 'x'] }]);
  });

  test('a first row is a row also where no column is required', async () => {
    const lenient = makeFeed(['id text', 'name text'], { header: 'optional' });
    expect((await readFile(lenient, '1,a\n2,b\n')).rows.length).toBe(2);
  });

  test('one that names some columns and lacks a required one refuses the file', async () => {
    expect(await refusal(readFile(either, 'id,nam\n1,a\n'))).toMatchObject({ code: 'header_missing_column' });
  });

  test('a broken first row costs itself, unless it may be a header', async () => {
    const { rows } = await readFile(either, '1,a"b,x\n2,b,y\n');
    expect(rows.map((row) => [row.raw, row.fault])).toEqual([
      ['1,a"b,x', FAULT.quoteInside],
      ['2,b,y', FAULT.none],
    ]);
    expect(await refusal(readFile(either, 'name,"id,note\na,1,x\n'))).toMatchObject({
      code: 'header_malformed',
    });
  });

  test('a first row with a delimiter missing costs itself', async () => {
    const { rows } = await readFile(either, '1a,x\n2,b,y\n3,c,z\n');
    expect(rows.map((row) => row.fields.length)).toEqual([2, 3, 3]);
  });
});

describe('an empty file', () => {
  test.each(['', '\ufeff', '\n\n', '\r'])('%j is refused where a header is required', async (content) => {
    expect(await refusal(readFile(feed, content))).toMatchObject({
      code: 'file_empty',
      message: 'The file is empty; expected a header with id, name, note. Nothing was loaded.',
    });
  });

  test('one of comments only is empty', async () => {
    const commented = makeFeed(['id integer'], { comment: '#' });
    expect(await refusal(readFile(commented, '# nothing today\n'))).toMatchObject({ code: 'file_empty' });
  });
});
