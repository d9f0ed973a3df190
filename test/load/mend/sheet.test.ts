import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parse } from 'csv-parse/sync';
import { readFeed } from '../../../src/feeds/feed.js';
import { unguarded } from '../../../src/load/mend/formulas.js';
import { headerText, parseStamp, rowsText, sheetOf, stampOf } from '../../../src/load/mend/sheet.js';

function feedOf(columns: string[]) {
  const read = readFeed(
    'feeds/things.yaml',
    `title: Things.\nfiles: [things.csv]\nmode: replace\ncolumns:\n${columns.map((name) => `  - { name: ${name}, type: text }\n`).join('')}`,
  );
  if ('faults' in read) throw new Error(JSON.stringify(read.faults));
  return read.feed;
}

describe('a sheet', () => {
  test('has the columns of the feed, and keeps out of their way', () => {
    expect(headerText(sheetOf(feedOf(['a', 'b'])))).toBe('\ufeffstamp,line,reasons,a,b,raw\r\n');
    expect(headerText(sheetOf(feedOf(['line', 'raw'])), ';')).toBe(
      '\ufeffstamp;_line;reasons;line;raw;_raw\r\n',
    );
  });

  test('keeps every text, with any delimiter', () => {
    const text = fc.string({
      unit: fc.constantFrom('a', '"', ',', ';', '\t', '\n', '\r', "'", '=', ' ', 'é'),
    });
    const row = fc.record({
      cells: fc.array(text, { minLength: 2, maxLength: 2 }),
      raw: text,
      reasons: text,
    });
    fc.assert(
      fc.property(fc.array(row), fc.constantFrom(',', ';', '\t'), (rows, delimiter) => {
        const lines = rows.map((each) => ({ ...each, stamp: 'r1-2-00000000', line: '2' }));
        const read: string[][] = parse(rowsText(lines, delimiter), { delimiter, record_delimiter: '\r\n' });
        expect(read.map((cells) => cells.map(unguarded))).toEqual(
          lines.map(({ stamp, line, reasons, cells, raw }) => [stamp, line, reasons, ...cells, raw]),
        );
      }),
    );
  });

  test('knows its rows by a stamp that no spreadsheet takes for anything else', () => {
    const stamp = stampOf('41', 17, Buffer.from('x'));
    expect(stamp).toBe('r41-17-2d711642');
    expect(parseStamp(` ${stamp} `)).toEqual({ loadId: '41', line: 17, digest: '2d711642' });
    for (const other of ['', '41-17-2d711642', 'r41-17', 'r41-17-2d71164', `${stamp}0`])
      expect(parseStamp(other)).toBeUndefined();
  });
});
