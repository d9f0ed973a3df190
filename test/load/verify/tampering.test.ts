import { beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createWorkspace, type Workspace } from '../../setup/workspace.js';
import { load, verifyOne } from './verifying.js';

/**
 * Random files, tampered with at random in the table: it is always found, and told with the right line. The
 * loads are forced, so that one workspace serves all cases.
 */
let workspace: Workspace;
beforeAll(async () => {
  workspace = await createWorkspace();
  const columns =
    'columns:\n  - { name: id, type: integer, required: true }\n  - { name: price, type: numeric }\n  - { name: note, type: text }\n';
  workspace.write('feeds/loose.yaml', `title: L.\nfiles: [loose.csv]\nmode: replace\n${columns}`);
  workspace.write('feeds/keyed.yaml', `title: K.\nfiles: [keyed.csv]\nmode: replace\nkey: id\n${columns}`);
});

interface Content {
  id: number;
  price: string;
  note: string;
}

const text = fc.string({
  unit: fc.constantFrom('a', 'é', '€', '😀', '"', ',', '\\', '\n', '\r\n', '\t', ' ', 'N', '.', "'"),
  maxLength: 6,
});
const row: fc.Arbitrary<Content> = fc.record({
  id: fc.integer({ min: 0, max: 9 }),
  price: fc.constantFrom('', '0', '1.5', '1.50', '-3', '12345678901234567890.123'),
  note: text,
});

function fileOf(rows: Content[]): { text: string; lines: number[] } {
  let file = 'id,price,note\n';
  const lines: number[] = [];
  for (const { id, price, note } of rows) {
    lines.push(file.split('\n').length);
    file += `${id},${price},"${note.replaceAll('"', '""')}"\n`;
  }
  return { text: file, lines };
}

const TAMPER = {
  id: (feed: string) => `update ${feed} set id = id + 100 where ctid = $1`,
  price: (feed: string) => `update ${feed} set price = coalesce(price * 1.0, 0) where ctid = $1`,
  note: (feed: string) => `update ${feed} set note = coalesce(note, '') || ' ' where ctid = $1`,
  delete: (feed: string) => `delete from ${feed} where ctid = $1`,
};

const cases = fc.record({
  feed: fc.constantFrom('loose', 'keyed'),
  rows: fc.array(row, { minLength: 1, maxLength: 12 }),
  how: fc.constantFrom(...(Object.keys(TAMPER) as (keyof typeof TAMPER)[])),
  where: fc.nat(),
  rowForRow: fc.boolean(),
});

test('whatever is changed or deleted in a table is found, with its line', async () => {
  let business = 0;
  await fc.assert(
    fc.asyncProperty(cases, async ({ feed, rows, how, where, rowForRow }) => {
      const { text: file, lines } = fileOf(rows);
      const day = new Date(Date.UTC(2020, 0, ++business)).toISOString().slice(0, 10);
      workspace.write(`files/${feed}.csv`, file);
      const { loadId } = await workspace.load(`files/${feed}.csv`, { date: day, force: true });
      expect(await verifyOne(workspace, { load: loadId!, rowForRow })).toMatchObject({
        outcome: 'verified',
        differences: [],
      });

      const stored = await workspace.query<{ place: string }>(
        `select ctid::text as place from ${feed} order by ctid`,
      );
      const nth = where % stored.length;
      // Of rows with the same key the first is loaded.
      const kept =
        feed === 'keyed'
          ? rows.flatMap(({ id }, i) => (rows.findIndex((each) => each.id === id) === i ? [i] : []))
          : rows.map((_, i) => i);
      expect(stored).toHaveLength(kept.length);
      const changed = rows[kept[nth]!]!;
      await workspace.query(TAMPER[how](feed), [stored[nth]!.place]);

      const done = await verifyOne(workspace, { load: loadId!, rowForRow });
      expect(done).toMatchObject({ outcome: 'different', differenceCount: 1 });
      const { line, columns } = done.differences[0]!;
      // Where rows are all alike and know no lines, any of them may be the one.
      const same = lines.filter(
        (_, i) => kept.includes(i) && JSON.stringify(normal(rows[i]!)) === JSON.stringify(normal(changed)),
      );
      if (feed === 'keyed') expect(line).toBe(lines[kept[nth]!]);
      else expect(same).toContain(line);
      expect(columns.map(({ column }) => column)).toEqual(how === 'delete' ? [] : [how]);
    }),
    { numRuns: 40 },
  );
}, 300_000);

/** What is stored of a row. */
function normal({ id, price, note }: Content): unknown[] {
  return [id, price, note];
}

test('a row that was added is found, whatever is in it', async () => {
  const loadId = await load(workspace, 'loose.csv', 'id,price,note\n1,1.50,a\n2,,\n');
  await workspace.query("insert into loose values ('agency_a', 2, null, null)");
  expect((await verifyOne(workspace, { load: loadId })).differences).toMatchObject([
    { kind: 'row', line: null, message: 'the table has a row 2 times, more often than the file' },
  ]);
});
