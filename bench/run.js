// What a load costs beside a bare `psql \copy` of the same rows into the same columns, on the same server.
//   npm run bench -- [--rows 1000000] [--times 5]
// Needs psql on the PATH. Prints ratios, and writes them to bench/results/.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createWorkspace } from '../dist/run/init.js';
import { startEmbedded, stopEmbedded } from '../dist/warehouse/embedded/embedded.js';
import { barcodeFile, ratingFile } from './data.js';
import { sideBySide, timed } from './measure.js';

const { values } = parseArgs({
  options: { rows: { type: 'string', default: '1000000' }, times: { type: 'string', default: '5' } },
});
const rows = Number(values.rows);
const times = Number(values.times);
const TALLY = fileURLToPath(new URL('../bin/tally.js', import.meta.url));

const RATING = [
  'customer_number integer',
  'customer_rating integer',
  'customer_rating_limit integer',
  'customer_status varchar(25)',
];
const folder = mkdtempSync(join(tmpdir(), 'tally-bench-'));
chmodSync(folder, 0o755);
const workspace = join(folder, 'workspace');
const data = join(folder, 'data');

try {
  createWorkspace(workspace, { samples: true });
  chmodSync(workspace, 0o755);
  const url = (await startEmbedded(workspace)).replace(/postgres$/, 'CustomerRatingData');
  const environment = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    TALLY_ARCHIVE_DELIVERIES: 'off',
    TALLY_KEEP_VERSIONS: '0',
  };
  const tally = (...args) =>
    timed(process.execPath, [TALLY, ...args, '--quiet'], { cwd: workspace, env: environment });
  const psql = (...sql) =>
    timed('psql', [url, '--quiet', '--no-psqlrc', ...sql.flatMap((each) => ['-c', each])], {});
  tally('run');

  const clean = ratingFile(data, rows);
  const cases = [
    { name: 'clean ratings', file: clean, copied: clean, feed: 'customer_rating', columns: RATING },
    {
      name: 'ratings, 0.4 % invalid',
      file: ratingFile(data, rows, 0.004),
      copied: clean,
      feed: 'customer_rating',
      columns: RATING,
    },
    {
      name: 'ratings, 10 % invalid',
      file: ratingFile(data, rows, 0.1),
      copied: clean,
      feed: 'customer_rating',
      columns: RATING,
    },
    {
      name: 'barcodes, unique',
      file: barcodeFile(data, rows),
      copied: barcodeFile(data, rows),
      feed: 'barcodes',
      columns: ['barcode varchar(64) unique', 'order_reference varchar(64)'],
    },
    {
      name: 'barcodes, 1 % repeated',
      file: barcodeFile(data, rows, 0.01),
      copied: barcodeFile(data, rows),
      feed: 'barcodes',
      columns: ['barcode varchar(64) unique', 'order_reference varchar(64)'],
    },
  ];
  const results = [];
  for (const { name, file, copied, feed, columns } of cases) {
    const names = columns.map((column) => column.split(' ')[0]).join(', ');
    psql(`create table bench_copy (agency text not null default 'agency_a', ${columns.join(', ')})`);
    const measured = sideBySide(
      times,
      () => tally('load', file, '--feed', feed, '--agency', 'agency_a', '--force'),
      () =>
        psql(
          'begin',
          'truncate bench_copy',
          `\\copy bench_copy (${names}) from '${copied}' with (format csv, header)`,
          'commit',
        ),
    );
    psql('drop table bench_copy');
    results.push({ name, rows, ...measured });
    console.log(
      `${name.padEnd(24)} tally ${measured.one.toFixed(2)} s   psql \\copy ${measured.other.toFixed(2)} s   ratio ${measured.ratio.toFixed(2)}`,
    );
  }
  const out = fileURLToPath(new URL('results/', import.meta.url));
  mkdirSync(out, { recursive: true });
  const machine = { cpu: cpus()[0]?.model, cores: cpus().length, memory: totalmem(), node: process.version };
  writeFileSync(join(out, `load-${rows}.json`), `${JSON.stringify({ machine, times, results }, null, 2)}\n`);
} finally {
  await stopEmbedded(workspace);
  rmSync(folder, { recursive: true, force: true });
}
