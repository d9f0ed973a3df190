import { besidePsql } from '../beside.js';
import { generate, random, RATING } from '../data.js';

export const about =
  'files of other shapes; psql copies the same file into a table with the same columns. It cannot leave columns out: for extra ones its table has them too, in the order of the file.';

/** Ten types, six columns of each. */
const TYPES = {
  integer: (i) => i,
  bigint: (i) => 10_000_000_000 + i,
  'numeric(12,2)': (i) => `${i % 100_000}.${10 + (i % 90)}`,
  boolean: (i) => (i % 3 ? 'true' : 'false'),
  text: (i) => `some text of row ${i}`,
  'varchar(40)': (i) => `name-${i % 5000}`,
  date: (i) => `2026-${two(1 + (i % 12))}-${two(1 + (i % 28))}`,
  timestamp: (i) => `2026-03-${two(1 + (i % 28))} ${two(i % 24)}:${two(i % 60)}:07.5+00`,
  uuid: (i) => `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`,
  email: (i) => `person${i}@example.com`,
};
const POSTGRES = { timestamp: 'timestamptz', email: 'text' };

export async function measure(server, { rows, times }, tell) {
  // As many bytes as the others have, not as many rows.
  await wide(server, { rows: Math.ceil(rows / 15), times }, tell);
  await quoted(server, { rows, times }, tell);
  await typed(server, { rows, times }, tell);
  await reordered(server, { rows, times }, tell);
}

async function wide(server, { rows, times }, tell) {
  const columns = Object.entries(TYPES).flatMap(([type, value]) =>
    Array.from({ length: 6 }, (_, n) => ({
      name: `${type.replace(/\W.*/, '')}_${n}`,
      type,
      value: (i) => value(i + n),
    })),
  );
  makeFeed(server, 'bench_wide', columns);
  const file = generate(
    `${server.data}/wide-${rows}.csv`,
    rows,
    columns.map(({ name }) => name).join(),
    (i) => columns.map(({ value }) => value(i)).join(),
  );
  await beside(server, times, { name: 'wide: 60 columns', rows, feed: 'bench_wide', file, columns }, tell);
}

async function quoted(server, { rows, times }, tell) {
  const next = random(42);
  const file = generate(
    `${server.data}/quoted-${rows}.csv`,
    rows,
    RATING.header,
    (i) => `"${1_000_000 + i}","${Math.floor(next() * 100)}","100","regular"`,
  );
  const measured = await besidePsql(server, times, { ...RATING, file });
  tell({ name: 'every field quoted', rows, ...measured });
}

async function typed(server, { rows, times }, tell) {
  const columns = ['numeric(12,2)', 'date', 'timestamp'].map((type) => ({
    name: `a_${type.replace(/\W.*/, '')}`,
    type,
    value: TYPES[type],
  }));
  makeFeed(server, 'bench_typed', columns);
  const file = generate(
    `${server.data}/typed-${rows}.csv`,
    rows,
    columns.map(({ name }) => name).join(),
    (i) => columns.map(({ value }) => value(i)).join(),
  );
  await beside(
    server,
    times,
    { name: 'numeric, date, timestamp', rows, feed: 'bench_typed', file, columns },
    tell,
  );
}

async function reordered(server, { rows, times }, tell) {
  const next = random(42);
  const header = 'remark,customer_status,customer_rating_limit,customer_number,customer_rating,branch';
  const file = generate(
    `${server.data}/reordered-${rows}.csv`,
    rows,
    header,
    (i) => `remark ${i % 100},regular,100,${1_000_000 + i},${Math.floor(next() * 100)},${i % 50}`,
  );
  const types = Object.fromEntries(RATING.columns.map((column) => column.split(' ')));
  const columns = header.split(',').map((name) => `${name} ${types[name] ?? 'text'}`);
  const measured = await besidePsql(server, times, { feed: RATING.feed, file, columns });
  tell({ name: 'another order, two extra columns', rows, ...measured });
}

async function beside(server, times, { name, rows, feed, file, columns }, tell) {
  const measured = await besidePsql(server, times, {
    feed,
    file,
    columns: columns.map((column) => `${column.name} ${POSTGRES[column.type] ?? column.type}`),
  });
  tell({ name, rows, ...measured });
}

function makeFeed(server, feed, columns) {
  const list = columns.map(({ name, type }) => `  - { name: ${name}, type: '${type}', required: true }\n`);
  server.feed(
    feed,
    `title: ${feed}.\nfiles: ['${feed}_{agency}.csv']\nmode: replace\ncolumns:\n${list.join('')}`,
  );
}

function two(number) {
  return String(number).padStart(2, '0');
}
