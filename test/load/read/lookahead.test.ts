import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readStrictly, rowsUntouchedByRepairs } from './repairs.js';
import { rightRows, scanRows } from './scanning.js';

/** What becomes of a file: the rows that are right, and the others. */
function fates(file: string, columns: number): { right: string[]; invalid: string[] } {
  const rows = scanRows(Buffer.from(file, 'latin1'), { expected: columns });
  const right = new Set(rightRows(rows, columns));
  return {
    right: [...right].map((row) => row.raw),
    invalid: rows.filter((row) => !right.has(row)).map((row) => row.raw),
  };
}

const fileOf = (rows: readonly string[]) => rows.map((row) => `${row}\n`).join('');
const isOneRow = (text: string, columns: number) => readStrictly(`${text}\n`, columns)?.length === 1;

/** All ways in which a row can get a stray quote, a missing or an extra delimiter. */
function damagesOf(row: string): string[] {
  const damaged: string[] = [];
  for (let at = 0; at <= row.length; at++) {
    damaged.push(`${row.slice(0, at)}"${row.slice(at)}`, `${row.slice(0, at)},${row.slice(at)}`);
    if (row[at] === ',') damaged.push(row.slice(0, at) + row.slice(at + 1));
  }
  return damaged;
}

describe('one broken row of a hundred', () => {
  const texts = [
    '"a,b"',
    '"say ""hi"""',
    '"x\ny"',
    '"one,\n""two"",\nthree"',
    '""',
    '"end\n"',
    '"end,"',
    '"q"""',
    'plain',
    '',
  ];
  const rows = Array.from(
    { length: 100 },
    (_, i) => `${i},${texts[i % 10]},${texts[(i * 7 + 3) % 10]},${i % 3 ? 'new' : '"old"'}`,
  );
  const singles = [...rows.keys()].filter((i) => !rows[i]!.includes('\n'));

  test('costs only itself: every single-line row, every place, every damage', () => {
    let tried = 0;
    for (const i of singles) {
      const others = rows.filter((_, k) => k !== i);
      for (const damaged of damagesOf(rows[i]!)) {
        if (isOneRow(damaged, 4)) continue;
        tried++;
        const { right, invalid } = fates(fileOf(rows.with(i, damaged)), 4);
        if (invalid.length !== 1 || invalid[0] !== damaged || right.join('\n') !== others.join('\n')) {
          throw new Error(`${JSON.stringify(damaged)} as row ${i}: ${JSON.stringify(invalid)} are invalid`);
        }
      }
    }
    expect(tried).toBeGreaterThan(1000);
  });

  test('costs no other row if it has several lines itself; each of them is invalid, or a right row by itself', () => {
    for (const i of rows.keys()) {
      if (!rows[i]!.includes('\n')) continue;
      const others = rows.filter((_, k) => k !== i);
      for (const damaged of damagesOf(rows[i]!)) {
        if (isOneRow(damaged, 4)) continue;
        const { right, invalid } = fates(fileOf(rows.with(i, damaged)), 4);
        const pieces = right.slice(i, right.length - (others.length - i));
        expect(right.toSpliced(i, pieces.length)).toEqual(others);
        expect([...pieces, ...invalid].sort()).toEqual(piecesIn(damaged, [...pieces, ...invalid]));
        expect(invalid.length).toBeGreaterThan(0);
      }
    }
  });

  /** The parts of a row, if they are all of it but line ends. */
  function piecesIn(row: string, parts: string[]): string[] | undefined {
    const bare = (text: string) => text.replaceAll('\n', '');
    const inOrder = parts.toSorted((a, b) => row.indexOf(a) - row.indexOf(b));
    return bare(inOrder.join('')) === bare(row) ? parts.toSorted() : undefined;
  }

  test('costs no row behind it where a stray quote lets it seem to end too early, with several lines already', () => {
    const others = ['"\n",6,7,8', '9,10,11,12', '"\n13",14,15,16'];
    const damaged = ['"1\n",2,"a"","', ',', '"'];
    expect(fates(fileOf([...damaged, ...others]), 4)).toEqual({ right: others, invalid: damaged });
  });
});

describe('generated files', () => {
  /** Texts that make the most trouble: they begin and end with what stands around fields. */
  const text = fc.string({ unit: fc.constantFrom('a', '1', ',', '"', '\n'), maxLength: 6 });
  const field = fc.oneof(
    fc.string({ unit: fc.constantFrom('a', '1'), maxLength: 4 }),
    text.map((value) => `"${value.replaceAll('"', '""')}"`),
  );
  const rowOf = (columns: number) =>
    fc.array(field, { minLength: columns, maxLength: columns }).map((fields) => fields.join(',') || '""');
  const damagedFile = (fewest: number, most: number) =>
    fc.integer({ min: 1, max: 4 }).chain((columns) =>
      fc.record({
        columns: fc.constant(columns),
        rows: fc.array(rowOf(columns), { minLength: fewest, maxLength: most }),
        row: fc.nat(),
        damage: fc.nat(),
      }),
    );
  const damage = ({ rows, row, damage }: { rows: string[]; row: number; damage: number }) => {
    const place = row % rows.length;
    const damages = damagesOf(rows[place]!);
    return { place, damaged: damages[damage % damages.length]! };
  };

  test('a file that one character makes right in only one way is read that way', () => {
    let decidable = 0;
    let undecidable = 0;
    fc.assert(
      fc.property(damagedFile(1, 12), (file) => {
        const { columns, rows } = file;
        const { place, damaged } = damage(file);
        const content = fileOf(rows.with(place, damaged));
        fc.pre(!damaged.includes('\n') && damaged !== '' && !readStrictly(content, columns));
        const readings = rowsUntouchedByRepairs(content, columns);
        expect(readings.length).toBeGreaterThan(0);
        if (readings.length > 1) {
          undecidable++;
          return;
        }
        decidable++;
        expect(fates(content, columns)).toEqual({ right: rows.toSpliced(place, 1), invalid: [damaged] });
      }),
      { numRuns: 2500 },
    );
    // With a dozen rows of such texts most files still have but one reading.
    expect(decidable).toBeGreaterThan(2 * undecidable);
  });

  test('a hundred rows, where each quoted text begins with a letter', () => {
    const letter = text.map((value) => `"a${value.replaceAll('"', '""')}"`);
    const safeRow = (columns: number) =>
      fc
        .array(fc.oneof(fc.constantFrom('1', '', '23'), letter), { minLength: columns, maxLength: columns })
        .map((fields) => `0,${fields.join(',')}`);
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }).chain((columns) =>
          fc.record({
            columns: fc.constant(columns + 1),
            rows: fc.array(safeRow(columns), { minLength: 100, maxLength: 100 }),
            row: fc.nat(),
            damage: fc.nat(),
          }),
        ),
        (file) => {
          const { columns, rows } = file;
          const { place, damaged } = damage(file);
          fc.pre(!damaged.includes('\n') && !isOneRow(damaged, columns));
          expect(fates(fileOf(rows.with(place, damaged)), columns)).toEqual({
            right: rows.toSpliced(place, 1),
            invalid: [damaged],
          });
        },
      ),
      { numRuns: 500 },
    );
  });

  test('a right file is read as it is, whatever its texts look like', () => {
    fc.assert(
      fc.property(damagedFile(1, 100), ({ columns, rows }) => {
        expect(fates(fileOf(rows), columns)).toEqual({ right: rows, invalid: [] });
      }),
      { numRuns: 500 },
    );
  });

  test('any number of rows with a stray quote cost themselves, where texts begin with letters', () => {
    const line = fc
      .tuple(
        fc.constantFrom('1', '"a,b"', '"say ""x"""'),
        fc.constantFrom('2', '"c"', '"d\n,e\n"'),
        fc.constantFrom(0, 0, 0, 0, 1, 2, 3),
      )
      .map(([first, second, stray]) => {
        if (stray === 1) return `0,in"side,${first},x`;
        if (stray === 2) return `0,"after"text,${first},x`;
        return stray === 3 ? `0,${first},2,"open` : `0,${first},${second},x`;
      });
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 100 }), (lines) => {
        const isRight = (each: string) => isOneRow(each, 4);
        expect(fates(fileOf(lines), 4)).toEqual({
          right: lines.filter(isRight),
          invalid: lines.filter((each) => !isRight(each)),
        });
      }),
      { numRuns: 1000 },
    );
  });
});

describe('what cannot be decided', () => {
  test('two readings with one wrong quote each: the one of RFC 4180 is taken', () => {
    // Is the second row broken, or the first one, which would then end before it?
    expect(fates('1,"a\n"\nb",2\n', 2)).toEqual({ right: ['1,"a\n"'], invalid: ['b",2'] });
  });

  test('of two such readings the one with more right rows is taken', () => {
    expect(fates('"stray\na\nb\n"\n"\n', 1)).toEqual({ right: ['a', 'b', '"\n"'], invalid: ['"stray'] });
  });

  test('a line of a broken row that is a right row by itself', () => {
    expect(fates('1,"a\nx,y\nb"c"\n2,z\n', 2)).toEqual({ right: ['x,y', '2,z'], invalid: ['1,"a', 'b"c"'] });
  });
});

describe('look-ahead', () => {
  test('goes past what one block holds', () => {
    const filler = Array.from({ length: 3000 }, (_, i) => `${i},"\ntext\n"`);
    const rows = [...filler, '7,"stray', ...filler];
    const { right, invalid } = fates(fileOf(rows), 2);
    expect(invalid).toEqual(['7,"stray']);
    expect(right.length).toBe(6000);
  });

  test('does not look at headers, whose number of fields is not known', () => {
    const rows = scanRows('a,"b\n"\n', {});
    expect(rows.map((row) => row.raw)).toEqual(['a,"b\n"']);
  });
});
