import { describe, expect, test } from '@jest/globals';
import { makeFeed } from '../../feeds/making.js';
import { FAULT } from '../../../src/load/read/row.js';
import { readFile, refusal } from './reading.js';

describe('what the feed says of its files', () => {
  test('delimiter, quote, comment and encoding', async () => {
    const feed = makeFeed(['id integer!', 'name text'], {
      delimiter: '§',
      quote: "'",
      comment: '#',
      encoding: 'windows-1252',
    });
    const { rows } = await readFile(feed, Buffer.from("id§name\n# none\n1§'a§b'\n", 'latin1'));
    expect(rows).toMatchObject([{ line: 3, fields: ['1', 'a\ufffdb'], fault: FAULT.none }]);
  });

  test('names in a header are read in the encoding', async () => {
    const feed = makeFeed([{ name: 'city', type: 'text', required: true, aliases: ['Größe €'] }], {
      encoding: 'windows-1252',
    });
    expect(
      (await readFile(feed, Buffer.from([0x47, 0x72, 0xf6, 0xdf, 0x65, 0x20, 0x80, 0x0a]))).columns,
    ).toEqual(['city']);
  });

  test('a delimiter that the encoding lacks is refused', async () => {
    const feed = makeFeed(['id integer'], { delimiter: '→', encoding: 'latin1' });
    expect(await refusal(readFile(feed, 'id\n'))).toMatchObject({
      code: 'feed_invalid',
      message: 'The feed is latin1, which has no `→`.',
    });
  });

  test('a file that ends in .json is JSON, in any case', async () => {
    const feed = makeFeed(['id integer']);
    for (const name of ['a.json', 'A.JSON']) {
      expect((await readFile(feed, '[{"id": 1}]', { name })).rows).toMatchObject([{ fields: ['1'] }]);
    }
  });
});

describe('the number of fields', () => {
  const feed = makeFeed(['id integer!', 'name text!']);

  test('is that of the header, which decides where a stray quote ends', async () => {
    const { rows } = await readFile(feed, 'id,name,more\n1,"a,x\n2,"\nb",y\n');
    expect(rows.map((row) => [row.line, row.raw, row.fault])).toEqual([
      [2, '1,"a,x', FAULT.neverClosed],
      [3, '2,"\nb",y', FAULT.none],
    ]);
  });

  test('a row over the limit refuses the file', async () => {
    const { code } = await refusal(readFile(feed, `id,name\n1,${'x'.repeat(2000)}\n`, { maxRowBytes: 1024 }));
    expect(code).toBe('row_too_long');
  });
});
