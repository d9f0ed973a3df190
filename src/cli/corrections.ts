import type { Dismissed } from '../load/mend/dismiss.js';
import type { Fixed } from '../load/mend/fix.js';
import type { Terminal } from './terminal.js';
import { count, plural, printable } from './text.js';

/** What the commands say of corrected rows; docs/json.md describes the documents. */

export function showFixed({ say, alarm, colors }: Terminal, done: Fixed): void {
  if (done.loadId === null) return say('The file has no row. Nothing was changed.');
  const whose = `load ${done.loadId} (${done.feed} of ${done.agency})`;
  const repeated =
    done.repeated > 0 ? ` (${count(done.repeated)} had come before and were not added again)` : '';
  const fixed = `${plural(done.fixed, 'row')} of ${whose} fixed and loaded${repeated}.`;
  say(done.fixed > 0 ? colors.green(fixed) : fixed);
  if (done.settled > 0) say(`${plural(done.settled, 'row')} had been fixed with these values before.`);
  for (const { column, rule, count: times } of done.warnings)
    say(`Warning: ${column === null ? '' : `${column}: `}${rule}, ${plural(times, 'row')}`);
  if (done.returned > 0) {
    alarm(colors.yellow(`${plural(done.returned, 'row')} came back: ${done.returnedFile}`));
    for (const { line, reasons } of done.examples) {
      const why = reasons.map(({ column, message }) => (column === null ? message : `${column}: ${message}`));
      alarm(`  ${line === null ? '' : `line ${line}: `}${printable(why.join('; '))}`);
    }
    if (done.returned > done.examples.length)
      alarm(`  and ${count(done.returned - done.examples.length)} more`);
  }
  say(`${plural(done.open, 'row')} of it ${done.open === 1 ? 'is' : 'are'} open.`);
}

export function fixedDocument(done: Fixed): Record<string, unknown> {
  return {
    load_id: done.loadId === null ? null : Number(done.loadId),
    feed: done.feed,
    agency: done.agency,
    rows: done.rows,
    fixed: done.fixed,
    repeated: done.repeated,
    settled: done.settled,
    returned: done.returned,
    returned_file: done.returnedFile,
    examples: done.examples,
    warnings: done.warnings,
    open: done.open,
  };
}

export function showDismissed({ say }: Terminal, done: Dismissed): void {
  const whose = `load ${done.loadId} (${done.feed} of ${done.agency})`;
  say(`${plural(done.dismissed, 'row')} of ${whose} dismissed. They stay counted as invalid.`);
  for (const { line, status } of done.settled) say(`  line ${line} was ${status} before`);
  say(`${plural(done.open, 'row')} of it ${done.open === 1 ? 'is' : 'are'} open.`);
}

export function dismissedDocument({ loadId, ...done }: Dismissed): Record<string, unknown> {
  return { load_id: Number(loadId), ...done };
}
