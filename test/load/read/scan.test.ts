import { describe, expect, test } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { TallyError } from '../../../src/errors.js';
import { FAULT } from '../../../src/load/read/row.js';
import { bordersEvery, scanBlocks, scanRows, type ScannedRow, type Settings } from './scanning.js';

const fieldsOf = (content: string, settings?: Settings) =>
  scanRows(content, settings).map((row) => row.fields);
const linesOf = (content: string, settings?: Settings) =>
  scanRows(content, settings).map((row) => [row.line, row.raw]);
const faultsOf = (content: string, settings?: Settings) =>
  scanRows(content, settings).map((row) => [row.raw, row.fault]);

/** Rows, or what was said instead of them. */
function outcome(bytes: Buffer, settings: Settings): ScannedRow[] | string {
  try {
    return scanRows(bytes, settings);
  } catch (error) {
    if (error instanceof TallyError) return `${error.code}: ${error.message}`;
    throw error;
  }
}

describe('rows and lines', () => {
  test.each([
    ['LF', '\n'],
    ['CRLF', '\r\n'],
    ['CR', '\r'],
  ])('%s ends a row', (_, end) => {
    expect(fieldsOf(`a,b${end}1,2${end}`)).toEqual([
      ['a', 'b'],
      ['1', '2'],
    ]);
  });

  test('line ends may change within a file', () => {
    expect(linesOf('a\r\nb\nc\rd\n\re')).toEqual([
      [1, 'a'],
      [2, 'b'],
      [3, 'c'],
      [4, 'd'],
      [6, 'e'],
    ]);
  });

  test('the last row needs no line end', () => {
    expect(fieldsOf('a,b\n1,2')).toEqual([
      ['a', 'b'],
      ['1', '2'],
    ]);
    expect(fieldsOf('a,b\n1,"2"')).toEqual([
      ['a', 'b'],
      ['1', '2'],
    ]);
  });

  test('a line with nothing on it is no row, but counts', () => {
    expect(linesOf('\n\r\na\n\n\nb\r\r\rc\n\n')).toEqual([
      [3, 'a'],
      [6, 'b'],
      [9, 'c'],
    ]);
    expect(scanRows('')).toEqual([]);
    expect(scanRows('\n')).toEqual([]);
  });

  test('a line with a blank or an empty quoted field on it is a row', () => {
    expect(fieldsOf(' \n""\n,\n')).toEqual([[' '], [''], ['', '']]);
  });

  test('a row stands on the line on which it starts, however many it has', () => {
    expect(linesOf('a,"1\n2\r\n3\r4"\r\nb,x\n"\n\n",y\nc,z')).toEqual([
      [1, 'a,"1\n2\r\n3\r4"'],
      [5, 'b,x'],
      [6, '"\n\n",y'],
      [9, 'c,z'],
    ]);
  });

  test('more fields than there are places for are still counted', () => {
    const rows = scanRows(`${','.repeat(9999)}\n${'"",'.repeat(9999)}""\n`);
    expect(rows.map((row) => row.count)).toEqual([10_000, 10_000]);
  });
});

describe('fields', () => {
  test('quoted fields may hold anything, and a doubled quote is one', () => {
    expect(fieldsOf('"a,b","say ""hi""","x\ny",""""\n')).toEqual([['a,b', 'say "hi"', 'x\ny', '"']]);
  });

  test('blanks belong to a field', () => {
    expect(fieldsOf(' a , b \n')).toEqual([[' a ', ' b ']]);
  });

  test('NUL and bytes that are not UTF-8 are bytes like others', () => {
    const bytes = Buffer.from([0, 0x2c, 0xff, 0xfe, 0x2c, 0x22, 0xc3, 0x22, 0x0a, 0x80, 0x0a]);
    expect(scanRows(bytes).map((row) => row.fields)).toEqual([['\0', '\xff\xfe', '\xc3'], ['\x80']]);
  });

  test('a delimiter may have several characters', () => {
    expect(fieldsOf('a||b|c||"d||e"||\n', { delimiter: '||' })).toEqual([['a', 'b|c', 'd||e', '']]);
    expect(fieldsOf('a<tab>b<ta>\n', { delimiter: '<tab>' })).toEqual([['a', 'b<ta>']]);
    expect(fieldsOf('a§b§"c§"\n', { delimiter: '§' })).toEqual([['a', 'b', 'c\xc2\xa7']]);
  });

  test('a quote may be another character', () => {
    expect(fieldsOf(`'a,''b''',"c"\n`, { quote: "'" })).toEqual([["a,'b'", '"c"']]);
  });

  test('a comment is no row where it begins a line, and counts as a line', () => {
    const settings = { comment: '//' };
    expect(linesOf('// "a\nx,1\n//\n/,2\ny,// no\n"\n// in quotes"\n//', settings)).toEqual([
      [2, 'x,1'],
      [4, '/,2'],
      [5, 'y,// no'],
      [6, '"\n// in quotes"'],
    ]);
  });
});

describe('quotes that do not work out cost their own line', () => {
  test('a quote inside an unquoted field', () => {
    expect(faultsOf('a,b"c,d\n1,2,3\n')).toEqual([
      ['a,b"c,d', FAULT.quoteInside],
      ['1,2,3', FAULT.none],
    ]);
    expect(faultsOf('"x",b"c\n ,"y"\n"x", "y"\n')).toEqual([
      ['"x",b"c', FAULT.quoteInside],
      [' ,"y"', FAULT.none],
      ['"x", "y"', FAULT.quoteInside],
    ]);
  });

  test('text after a closing quote', () => {
    expect(faultsOf('"a"b,c\n1,2\n"x" ,y\n')).toEqual([
      ['"a"b,c', FAULT.textAfterQuote],
      ['1,2', FAULT.none],
      ['"x" ,y', FAULT.textAfterQuote],
    ]);
  });

  test('a quote that is never closed', () => {
    expect(faultsOf('1,"a\n2,b\n\n3,c\n')).toEqual([
      ['1,"a', FAULT.neverClosed],
      ['2,b', FAULT.none],
      ['3,c', FAULT.none],
    ]);
    expect(faultsOf('"')).toEqual([['"', FAULT.neverClosed]]);
  });

  test.each([
    ['a,b"c,d', FAULT.quoteInside, 2],
    ['"a","b"c,d', FAULT.textAfterQuote, 2],
    ['1,2,"open', FAULT.neverClosed, 3],
    // Its quote is closed by that of the next row, but not on its own line.
    ['1,"open,3', FAULT.neverClosed, 2],
    ['"x","open,3', FAULT.neverClosed, 2],
  ])('the fault says in which field of its own line it is: %s', (line, fault, faultField) => {
    const [broken, next] = scanRows(`${line}\n4,"text",6\n`, { expected: 3 });
    expect(broken).toMatchObject({ raw: line, fault, faultField });
    expect(next).toMatchObject({ line: 2, raw: '4,"text",6', fault: FAULT.none });
  });
});

describe('ragged rows', () => {
  test('are rows, with the fields that they have', () => {
    expect(fieldsOf('a,b\n1\n1,2,3\n"x\ny"\n', { expected: 2 })).toEqual([
      ['a', 'b'],
      ['1'],
      ['1', '2', '3'],
      ['x\ny'],
    ]);
  });
});

describe('a row over the limit', () => {
  const limit = { maxRowBytes: 10 };

  test('a line of ten bytes is none', () => {
    expect(linesOf('1234567890\r\n', limit)).toEqual([[1, '1234567890']]);
  });

  test.each([
    ['a\n\n12345678901\n', 3],
    ['a\n\n12345678901', 3],
    ['a\n"\n1","2"3\n12345678901\n', 4],
    ['a\n"123","12345678901"\n', 2],
    ['a\r\n"1\r\n2"\r\n"\r\n1"\r\n12345678901\r\n', 6],
    ['a\n# 123456789\n', 2],
  ])('a longer one is refused, with its number: %j', (content, line) => {
    expect(outcome(Buffer.from(content), { ...limit, comment: '#', expected: 1 })).toBe(
      `row_too_long: Line ${line} is longer than 10 bytes, so the file was refused; nothing of it was loaded.`,
    );
  });

  test('a quote that is not closed within it costs its line, and so does a row of several lines that is longer', () => {
    const rows = (content: string) => faultsOf(content, { ...limit, expected: 1 });
    expect(rows('"234\n6789"\n')).toEqual([['"234\n6789"', FAULT.none]]);
    expect(rows('"234\n67890"\nx\n')).toEqual([
      ['"234', FAULT.neverClosed],
      ['67890"', FAULT.quoteInside],
      ['x', FAULT.none],
    ]);
    expect(rows('"\n1\n2\n3\n4\n5\n6\n"x\n')).toEqual([
      ['"', FAULT.neverClosed],
      ...[1, 2, 3, 4, 5, 6].map((i) => [String(i), FAULT.none]),
      ['"x', FAULT.neverClosed],
    ]);
  });
});

const pieces = fc.constantFrom(
  ...['a', '1', ' ', ',', ',', '"', '"', '""', '\n', '\r', '\r\n', '|', '||', '#', 'é', '\0', '\xff'],
);
const anyFile = fc
  .array(pieces, { maxLength: 60 })
  .map((parts) => Buffer.concat(parts.map((part) => Buffer.from(part, part === '\xff' ? 'latin1' : 'utf8'))));
const anySettings = fc.record({
  delimiter: fc.constantFrom(',', '|', '||', ',|'),
  comment: fc.constantFrom(undefined, undefined, '#', '#|'),
  maxRowBytes: fc.constantFrom(8, 16, 1000),
  expected: fc.integer({ min: 0, max: 3 }),
});

describe('block borders', () => {
  test('change nothing, wherever they are', () => {
    fc.assert(
      fc.property(anyFile, anySettings, fc.infiniteStream(fc.nat(60)), (bytes, settings, places) => {
        const whole = outcome(bytes, settings);
        for (let at = 0; at <= bytes.length; at++) {
          expect(outcome(bytes, { ...settings, borders: [at] })).toEqual(whole);
        }
        const some = [...places.take(5)].map((place) => Math.min(place, bytes.length)).sort((a, b) => a - b);
        expect(outcome(bytes, { ...settings, borders: some })).toEqual(whole);
        expect(outcome(bytes, { ...settings, borders: Array.from(bytes.keys()) })).toEqual(whole);
      }),
      { numRuns: 1500 },
    );
  });

  test('change nothing where rows are compared over many blocks', () => {
    // Each text begins and ends with a line break, so that every row could be two halves of others.
    const rows = Array.from({ length: 9000 }, (_, i) => (i % 50 === 7 ? `${i},"stray` : `${i},"\ntext\n"`));
    const bytes = Buffer.from(rows.join('\n'));
    const settings = { expected: 2 };
    const whole = scanRows(bytes, settings);
    expect(whole.filter((row) => row.fault !== FAULT.none).length).toBe(180);
    for (const size of [1000, 17_000, 65_536]) {
      expect(scanRows(bytes, { ...settings, borders: bordersEvery(size, bytes.length) })).toEqual(whole);
    }
  });
});

describe('every byte of a file', () => {
  test('stands in a row, in a line end, or in a line that is no row', () => {
    fc.assert(
      fc.property(anyFile, fc.integer({ min: 0, max: 3 }), (bytes, expected) => {
        const text = bytes.toString('latin1');
        let at = 0;
        let line = 1;
        for (const row of scanRows(bytes, { expected })) {
          const between = /^[\r\n]*/.exec(text.slice(at))![0];
          line += between.match(/\r\n|\r|\n/g)?.length ?? 0;
          at += between.length;
          expect({ line: row.line, raw: row.raw }).toEqual({
            line,
            raw: text.slice(at, at + row.raw.length),
          });
          at += row.raw.length;
          line += row.raw.match(/\r\n|\r|\n/g)?.length ?? 0;
        }
        expect(text.slice(at)).toMatch(/^[\r\n]*$/);
      }),
      { numRuns: 3000 },
    );
  });
});

describe('csv-parse as the oracle', () => {
  const value = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 8 }),
    fc.string({ unit: fc.constantFrom('a', '"', ',', ';', '\n', '\r', '\r\n', ' '), maxLength: 8 }),
  );
  const written = (text: string, delimiter: string, quotes: boolean) =>
    quotes || text.includes(delimiter) || /["\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;

  test('well-formed files have the same fields', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.tuple(value, fc.boolean()), { minLength: 1, maxLength: 4 }), { maxLength: 8 }),
        fc.constantFrom(',', ';', '||'),
        fc.array(fc.constantFrom('\n', '\r\n', '\r', '\n\n'), { minLength: 8, maxLength: 8 }),
        fc.boolean(),
        (rows, delimiter, ends, closed) => {
          const lines = rows.map((row) => {
            const fields = row.map(([text, quotes]) => written(text, delimiter, quotes));
            return fields.join(delimiter) || '""';
          });
          // A lone CR before the LF of an empty line would be one line end with it.
          const content = lines
            .map((line, i) => line + (i < lines.length - 1 || closed ? ends[i] : ''))
            .join('');
          const bytes = Buffer.from(content);
          const expected = parse(bytes, {
            delimiter,
            record_delimiter: ['\r\n', '\n', '\r'],
            relax_column_count: true,
            skip_empty_lines: true,
          }) as string[][];
          const got = scanRows(bytes, { delimiter });
          expect(got.map((row) => row.fields)).toEqual(
            expected.map((row) => row.map((field) => Buffer.from(field).toString('latin1'))),
          );
          expect(got.every((row) => row.fault === FAULT.none)).toBe(true);
        },
      ),
      { numRuns: 3000 },
    );
  });
});

describe('hostile files', () => {
  const patterns: Record<string, (line: number) => string> = {
    'a quote opened in every line': (i) => `${i},"open,3,4\n`,
    'a quote inside every line': (i) => `${i},in"side,3,4\n`,
    'a lone quote on every line': () => '"\n',
    'a quote at the end of every line': (i) => `${i},2,3,"\n`,
    'one quote opened, doubled ones after it': (i) => (i % 5000 === 0 ? '1,"open,3,4\n' : `${i},"",3,4\n`),
    'one quote opened, quotes inside after it': (i) => (i % 5000 === 0 ? '1,"open,3,4\n' : `${i},a""b,3,4\n`),
    'texts between line breaks, and ragged rows': (i) => (i % 10 ? `${i},"\ntext\n",3,4\n` : `${i},2,3\n`),
    'texts of quotes and delimiters': (i) => `"${'""'.repeat(i % 7)}","${',"",'.repeat(i % 5)}\n`,
    'lines of quotes only': (i) => '"'.repeat(500 + (i % 2)) + '\n',
  };

  function fileOf(line: (i: number) => string, length: number): Buffer {
    let content = '';
    for (let i = 0; content.length < length; i++) content += line(i);
    return Buffer.from(content);
  }

  /** Counts how often a byte of it is looked at. */
  function counting(block: Buffer, count: () => void): Buffer {
    return new Proxy(block, {
      get(target, key) {
        const value: unknown = target[key as keyof Buffer];
        if (typeof value === 'number') count();
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  }

  test.each(Object.entries(patterns))(
    '%s: each byte is looked at a few times, in a file of any size',
    (_, line) => {
      const bytes = fileOf(line, 100_000);
      let looks = 0;
      const wrap = (block: Buffer) => counting(block, () => looks++);
      scanBlocks(bytes, { expected: 4, borders: bordersEvery(32_768, bytes.length), wrap }, () => {});
      // The dearest of them takes 150, for the search for the one character that is wrong.
      expect(looks / bytes.length).toBeLessThan(200);
    },
  );

  test.each(Object.entries(patterns))(
    '%s: no more is kept than a row and what is looked ahead',
    (_, line) => {
      const bytes = fileOf(line, 300_000);
      const borders = bordersEvery(8192, bytes.length);
      const kept = scanBlocks(bytes, { expected: 4, maxRowBytes: 4096, borders }, () => {});
      expect(Math.max(...kept)).toBeLessThan(4096 + 32 * 1024 + 4096 + 8192);
    },
  );
});
