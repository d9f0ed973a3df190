import { EventEmitter } from 'node:events';
import type { ChangedRow } from '../load/diff/compare.js';
import type { Diff } from '../run/diff.js';
import type { Terminal } from './terminal.js';
import { count, cut, plural } from './text.js';

/** How `tally diff` shows what it found; docs/json.md describes the document. */

export function showDiff({ say }: Terminal, diff: Diff): void {
  const { after, before, key, added, removed, changed } = diff;
  say(
    `Load ${after.loadId} (${after.businessDate}) against load ${before.loadId} (${before.businessDate}), ${after.feed} of ${after.agency}, ${key ? `by ${key.join(', ')}` : 'whole rows: the feed has no key'}:`,
  );
  const parts = [
    `${plural(added, 'row')} added`,
    `${count(removed)} removed`,
    ...(changed === null ? [] : [`${count(changed)} changed`]),
    `${count(same(diff))} the same`,
  ];
  say(`${parts.join(', ')}.`);
}

export async function showRows({ say, note }: Terminal, diff: Diff, rows: ChangedRow[]): Promise<void> {
  if (rows.length === 0) return;
  const { table } = await import('./terminal.js');
  const columns = [{ title: 'change' }, ...diff.columns.map((title) => ({ title }))];
  say();
  say(
    table(
      columns,
      rows.map((row) => [row.change, ...diff.columns.map((_, i) => cell(row, i))]),
    ),
  );
  const total = diff.added + diff.removed + (diff.changed ?? 0);
  if (total > rows.length) note(`${rows.length} of ${total}; more with --limit ${total}, all with --csv`);
}

const CELL = 40;

/** Of a changed row only what changed is shown twice. */
function cell({ before, after }: ChangedRow, i: number): string {
  const [was, is] = [before?.[i] ?? null, after?.[i] ?? null];
  if (!before || !after || was === is) return cut((after ? is : was) ?? '', CELL);
  return `${cut(was ?? '(none)', CELL)} -> ${cut(is ?? '(none)', CELL)}`;
}

export function diffDocument(diff: Diff, rows: ChangedRow[] | null): Record<string, unknown> {
  const named = (values: ChangedRow['before']) =>
    values && Object.fromEntries(diff.columns.map((name, i) => [name, values[i]]));
  return {
    load_id: Number(diff.after.loadId),
    against_load_id: Number(diff.before.loadId),
    feed: diff.after.feed,
    agency: diff.after.agency,
    key: diff.key ?? null,
    rows_before: diff.rowsBefore,
    rows_after: diff.rowsAfter,
    added: diff.added,
    removed: diff.removed,
    changed: diff.changed,
    same: same(diff),
    rows:
      rows?.map(({ change, before, after }) => ({ change, before: named(before), after: named(after) })) ??
      null,
  };
}

function same({ rowsAfter, added, changed }: Diff): number {
  return rowsAfter - added - (changed ?? 0);
}

/** Rows as CSV on stdout, at any number; a changed row has two lines, as it was and as it is. */
export async function openCsv(): Promise<{
  begin(diff: Diff): void;
  rows(rows: ChangedRow[]): Promise<void>;
}> {
  const { stringify } = await import('csv-stringify/sync');
  const text = (rows: (string | null)[][]) =>
    stringify(rows, { record_delimiter: '\n', escape_formulas: true });
  return {
    begin: ({ columns }) => void process.stdout.write(text([['change', ...columns]])),
    async rows(rows) {
      const lines = rows.flatMap(({ change, before, after }) => {
        if (change === 'changed')
          return [
            ['changed from', ...before!],
            ['changed to', ...after!],
          ];
        return [[change, ...(after ?? before)!]];
      });
      if (!process.stdout.write(text(lines))) await EventEmitter.once(process.stdout, 'drain');
    },
  };
}
