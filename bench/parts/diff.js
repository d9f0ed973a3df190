import { barcodes, edition, RATING } from '../data.js';
import { inTurns, median, ratio } from '../measure.js';

export const about =
  'what it costs to know what a load has changed: a load of a feed with `diff: counts` beside one without it, and `tally diff` by itself.';

const FEEDS = {
  'by key': {
    short: 'key',
    text: 'key: barcode\ncolumns:\n  - { name: barcode, type: varchar(64), required: true }\n  - { name: order_reference, type: varchar(64) }\n',
    files: (data, rows) => [barcodes(data, rows), barcodes(data, rows, 0.01)],
  },
  'whole rows': {
    short: 'rows',
    text: `columns:\n${RATING.columns.map((column) => `  - { name: ${column.split(' ')[0]}, type: ${column.split(' ')[1]} }\n`).join('')}`,
    files: (data, rows) => [edition(data, rows, 1), edition(data, rows, 2)],
  },
};

export async function measure(server, { rows, times }, tell) {
  for (const [name, { short, text, files }] of Object.entries(FEEDS)) {
    const editions = files(server.data, rows);
    const common = (each, diff) => `title: Bench.\nfiles: [${each}.csv]\nmode: replace\n${diff}${text}`;
    const [plain, counting] = [`bench_plain_${short}`, `bench_diff_${short}`];
    server.feed(plain, common(plain, ''));
    server.feed(counting, common(counting, 'diff: counts\n'));
    let turn = 0;
    const keep = { TALLY_KEEP_VERSIONS: '1' };
    const load = (feed) =>
      server.tally(['load', editions[turn % 2], '--feed', feed, '--agency', 'agency_a', '--force'], keep);
    // Both need a version before.
    load(plain);
    load(counting);
    server.takePeak();
    const seconds = inTurns(times, {
      plain: () => {
        turn++;
        return load(plain);
      },
      counts: () => load(counting),
      ask: () => server.tally(['diff', server.liveLoad(counting)]),
    });
    tell({
      name,
      rows,
      load_s: median(seconds.plain),
      load_with_counts_s: median(seconds.counts),
      ratio: ratio(seconds.counts, seconds.plain),
      diff_s: median(seconds.ask),
      peak_MB: server.takePeak(),
    });
  }
}
