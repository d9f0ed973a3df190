import type { Feed } from '../feeds/feed.js';
import { grouped } from '../grouped.js';
import type { LoadCounts } from './fill.js';

export interface Hold {
  code: 'guard_empty' | 'guard_invalid_percent' | 'guard_min_rows' | 'audit';
  message: string;
}

/** Whether a load is to be held, told by its counts alone. `before` are the rows that readers see now. */
export function judge(feed: Feed, counts: LoadCounts, before: number | undefined): Hold | undefined {
  const { guards } = feed;
  const { rowsRead, rowsLoaded, rowsInvalid } = counts;
  const replaces = feed.mode === 'replace' && before !== undefined && before > 0;
  if (replaces && rowsLoaded === 0 && guards.empty === 'hold') {
    return {
      code: 'guard_empty',
      message: `${rowsRead === 0 ? 'the file has no row' : `none of ${grouped(rowsRead)} rows is valid`}, and the table has ${grouped(before)} rows. They stay.`,
    };
  }
  const invalidPercent = rowsRead === 0 ? 0 : (rowsInvalid * 100) / rowsRead;
  if (invalidPercent > guards.max_invalid_percent) {
    return {
      code: 'guard_invalid_percent',
      message: `${percent(invalidPercent)} % of ${grouped(rowsRead)} rows are invalid, more than the guard's ${guards.max_invalid_percent} %. ${unchanged(before)}`,
    };
  }
  if (replaces && rowsLoaded * 100 < before * guards.min_rows_percent) {
    return {
      code: 'guard_min_rows',
      message: `${grouped(rowsLoaded)} valid ${rowsLoaded === 1 ? 'row is' : 'rows are'} fewer than ${guards.min_rows_percent} % of the ${grouped(before)} rows of the load before. ${unchanged(before)}`,
    };
  }
  return undefined;
}

function unchanged(before: number | undefined): string {
  return before === undefined ? 'Nothing was published.' : 'The rows before stay.';
}

function percent(value: number): string {
  return value.toFixed(value < 10 ? 1 : 0);
}
