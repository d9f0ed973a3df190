import type { Difference, Verification } from '../load/verify/verification.js';
import { table, type Terminal } from './terminal.js';
import { count, cut, plural, printable } from './text.js';

const COLUMNS = [
  { title: 'load', right: true },
  { title: 'feed' },
  { title: 'agency' },
  { title: 'date' },
  { title: 'rows', right: true },
  { title: 'loaded', right: true },
  { title: 'invalid', right: true },
  { title: 'digest' },
  { title: 'outcome' },
];

/** Enough to tell two apart by eye. */
const DIGEST_DIGITS = 12;

/** One line for each load, what differs with line and row, and how it stands with all of them. */
export function showVerifications(terminal: Terminal, done: Verification[], cleaned: number): void {
  const { say, alarm, colors } = terminal;
  if (cleaned > 0)
    say(
      `Passed over: ${plural(cleaned, 'load')} whose files were cleaned from the archive; their counts stay.`,
    );
  if (done.length === 0) {
    if (cleaned === 0) say('Nothing was verified: there is no load whose rows readers see.');
    return;
  }
  say(
    table(
      COLUMNS,
      done.map((each) => lineOf(each, colors)),
    ),
  );
  say();
  for (const each of done) showTrouble(terminal, each);
  const ended = (outcome: Verification['outcome']) => done.filter((each) => each.outcome === outcome).length;
  const [different, unverifiable] = [ended('different'), ended('unverifiable')];
  const summary = [
    `${plural(ended('verified'), 'load')} verified`,
    ...(different > 0 ? [`${count(different)} with differences`] : []),
    ...(unverifiable > 0 ? [`${count(unverifiable)} that could not be verified`] : []),
  ].join(', ');
  if (different > 0) alarm(colors.red(`${summary}.`));
  else if (unverifiable > 0) alarm(colors.yellow(`${summary}.`));
  else say(colors.green(`${summary}.`));
}

export function verifiedLine({ loadId, file, outcome, counted }: Verification): string {
  const rows = counted ? `, ${plural(counted.rowsRead, 'row')}` : '';
  return `load ${loadId}, ${printable(file)}: ${outcome}${rows}`;
}

function lineOf(each: Verification, colors: Terminal['colors']): string[] {
  const color = { verified: colors.green, different: colors.red, unverifiable: colors.yellow };
  return [
    each.loadId,
    each.feed,
    each.agency ?? '',
    each.businessDate ?? '',
    count(each.counted?.rowsRead),
    count(each.counted?.rowsLoaded),
    count(each.counted?.rowsInvalid),
    each.fileDigest?.slice(0, DIGEST_DIGITS) ?? '',
    color[each.outcome](
      each.rowForRow && each.outcome === 'verified' ? 'verified row for row' : each.outcome,
    ),
  ];
}

function showTrouble({ alarm, colors }: Terminal, each: Verification): void {
  if (each.code === null) return;
  const color = each.outcome === 'different' ? colors.red : colors.yellow;
  alarm(color(printable(`${each.file} (load ${each.loadId}, ${each.code}): ${each.message}`)));
  for (const difference of each.differences) alarm(`  ${differenceLine(difference)}`);
  const more = each.differenceCount - each.differences.length;
  if (more > 0) alarm(`  and ${count(more)} more`);
  if (each.hint) alarm(`  ${printable(each.hint)}`);
  alarm('');
}

function differenceLine({ message, row }: Difference): string {
  return `${printable(message)}${row === null ? '' : `   row: ${cut(row, 160)}`}`;
}
