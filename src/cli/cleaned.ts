import type { TallyError } from '../errors.js';
import type { Cleaned } from '../run/clean/clean.js';
import { showErrors } from './summary.js';
import { table, type Terminal } from './terminal.js';
import { count, plural, size } from './text.js';

const NAMES: Record<Cleaned['what'], string> = {
  archive: 'files of the archive',
  invalid_rows: 'invalid rows',
  slots: 'slots of the schedule',
  alarms: 'alarms',
  verifications: 'verifications',
};

const SETTINGS: Record<Cleaned['kept'], { name: string; keeps: string }> = {
  archive: { name: 'TALLY_KEEP_ARCHIVE_DAYS', keeps: 'files of the archive' },
  invalid: { name: 'TALLY_KEEP_INVALID_DAYS', keeps: 'invalid rows' },
  details: { name: 'TALLY_KEEP_DETAILS_DAYS', keeps: 'ended slots, alarms and verifications' },
};

const COLUMNS = [
  { title: 'what' },
  { title: 'kept' },
  { title: 'older than' },
  { title: 'number', right: true },
  { title: 'size', right: true },
];

/** A line for each kind of thing: how much of it went, or would go. */
export function showCleaned(
  terminal: Terminal,
  { cleaned, errors }: { cleaned: Cleaned[]; errors: TallyError[] },
  isPlan: boolean,
): void {
  const { say, alarm, colors } = terminal;
  if (cleaned.every(({ days }) => days === null)) return showSettings(terminal);
  say(table(COLUMNS, cleaned.map(lineOf)));
  say();
  for (const { what, left } of cleaned)
    if (left > 0) say(colors.yellow(`Left for the next time: ${count(left)} ${NAMES[what]}.`));
  showErrors(alarm, errors, colors.red);
  if (errors.length > 0) return;
  const isNothing = cleaned.every((each) => each.count === 0);
  if (isNothing) say(isPlan ? 'There is nothing to clean.' : 'There was nothing to clean.');
  else say(isPlan ? 'Nothing was cleaned yet: tally clean' : colors.green('Cleaned.'));
}

function lineOf({ what, days, before, count: number, bytes }: Cleaned): string[] {
  if (days === null) return [NAMES[what], 'for ever', '', '', ''];
  return [NAMES[what], plural(days, 'day'), before!, count(number), size(bytes)];
}

function showSettings({ say }: Terminal): void {
  say(
    'Everything is kept for ever, so there is nothing to clean. To have it cleaned after so many days, set in .env:',
  );
  for (const { name, keeps } of Object.values(SETTINGS)) say(`  ${name.padEnd(25)}${keeps}`);
  say('What stays in any case: docs/retention.md');
}
