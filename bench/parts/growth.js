import { RATING, ratings } from '../data.js';
import { median } from '../measure.js';

export const about =
  'what a row costs, and the peak memory of the process, as the files grow: 100 k rows, then ten and fifty times more up to --rows.';

const SIZES = [100_000, 1_000_000, 10_000_000, 50_000_000];
/** Fifty million invalid rows would be 15 GB in file_invalid_rows, and no longer tell anything about the process. */
const MOST_ALL_INVALID = 10_000_000;

export async function measure(server, { rows, times }, tell) {
  const sizes = SIZES.filter((size) => size <= rows);
  if (sizes.length === 0) sizes.push(rows);
  for (const share of [0, 0.1, 1]) {
    for (const size of sizes.filter((each) => share < 1 || each <= MOST_ALL_INVALID)) {
      const file = ratings(server.data, size, share);
      const seconds = [];
      server.takePeak();
      // The time is that of clean files; the others are there for the memory, and once is enough for that.
      for (let round = 0; round < (share === 0 ? times : 1); round++) {
        server.psql('truncate file_invalid_rows');
        seconds.push(server.tally(['load', file, '--feed', RATING.feed, '--agency', 'agency_a', '--force']));
      }
      tell({
        name: `${share * 100} % invalid`,
        rows: size,
        tally_s: median(seconds),
        per_row_us: (median(seconds) * 1e6) / size,
        peak_MB: server.takePeak(),
      });
    }
  }
}
