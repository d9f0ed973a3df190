import { relative } from 'node:path';
import type { BackfillSummary } from '../run/backfill/backfill.js';
import type { Replay } from '../run/backfill/replay.js';
import { showErrors } from './summary.js';
import { table, type Terminal } from './terminal.js';
import { count, cutMiddle, moment, plural, printable } from './text.js';

const COLUMNS = [
  { title: 'date' },
  { title: 'agency' },
  { title: 'file' },
  { title: 'rows', right: true },
  { title: 'loaded', right: true },
  { title: 'invalid', right: true },
  { title: 'outcome' },
];

/** Date by date what became of it, what is wrong, which reports were written, and how it stands with all of them. */
export function showBackfill(terminal: Terminal, summary: BackfillSummary): void {
  const { say, alarm, colors } = terminal;
  const { replays, reports, errors, resumes, backfillId } = summary;
  if (resumes) {
    const goes = backfillId === null ? 'It would go on' : 'Goes on';
    say(`${goes} with what was begun ${moment(resumes)} UTC. From the start: --restart`);
  }
  say(
    table(
      COLUMNS,
      replays.map((replay) => lineOf(replay, colors)),
    ),
  );
  say();
  for (const replay of replays) showMessage(terminal, replay);
  showReports(terminal, reports);
  showErrors(alarm, errors, colors.red);
  const words = inWords(summary);
  const ended = (outcome: Replay['outcome']) => replays.some((replay) => replay.outcome === outcome);
  if (ended('failed') || ended('not_tried') || errors.length > 0) {
    alarm(colors.red(words));
    if (backfillId !== null) alarm('The same command goes on with what is left.');
  } else if (ended('held')) alarm(colors.yellow(words));
  else say(ended('to_replay') || backfillId === null ? words : colors.green(words));
}

function lineOf(replay: Replay, colors: Terminal['colors']): string[] {
  const color = {
    loaded: colors.green,
    held: colors.yellow,
    failed: colors.red,
    no_delivery: colors.dim,
    cleaned: colors.yellow,
    to_replay: (text: string) => text,
    not_tried: colors.yellow,
  };
  return [
    replay.date,
    replay.agency ?? '',
    replay.file === null ? '' : cutMiddle(replay.file, 48),
    count(replay.rowsRead),
    count(replay.rowsLoaded),
    count(replay.rowsInvalid),
    color[replay.outcome](outcomeText(replay)),
  ];
}

function outcomeText({ outcome, live, doneBefore }: Replay): string {
  const before = doneBefore ? ', before' : '';
  if (outcome === 'loaded') return `loaded (${live ? 'table' : 'history'}${before})`;
  if (outcome === 'to_replay') return `would be replayed (${live ? 'table' : 'history'})`;
  return `${outcome.replace('_', ' ')}${before}`;
}

/** That a date of the past gives its history alone is what a backfill is for, and no news. */
function showMessage({ say, alarm, colors }: Terminal, replay: Replay): void {
  const { outcome, message, hint, date, loadId } = replay;
  if (message === null || outcome === 'loaded' || outcome === 'to_replay') return;
  const isTrouble = outcome === 'failed' || outcome === 'held';
  const tell = isTrouble ? alarm : say;
  const color = outcome === 'failed' ? colors.red : outcome === 'held' ? colors.yellow : colors.dim;
  const by = loadId === null ? '' : `, load ${loadId}`;
  tell(color(printable(`${date}, ${replay.file} (${outcome.replace('_', ' ')}${by}): ${message}`)));
  if (hint) tell(`  ${printable(hint)}`);
}

function showReports({ say }: Terminal, reports: BackfillSummary['reports']): void {
  for (const { file, rows, same } of reports) {
    const path = relative(process.cwd(), file);
    say(
      `${same ? 'Up to date' : 'Written'}: ${path.startsWith('..') ? file : path} (${plural(rows, 'row')})`,
    );
  }
}

function inWords({ replays, backfillId }: BackfillSummary): string {
  const number = (outcome: Replay['outcome']) =>
    replays.filter((replay) => replay.outcome === outcome).length;
  const parts: [number, string][] = [
    [number('loaded'), 'replayed'],
    [number('to_replay'), 'would be replayed'],
    [number('held'), 'held'],
    [number('failed'), backfillId === null ? 'would fail' : 'failed'],
    [number('not_tried'), 'not tried'],
    [number('cleaned'), 'cleaned from the archive'],
    [number('no_delivery'), 'without a delivery'],
  ];
  const said = parts.filter(([times]) => times > 0).map(([times, what]) => `${count(times)} ${what}`);
  return `${said.join(', ')}.`;
}
