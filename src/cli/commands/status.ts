import type { Command } from 'commander';
import type { Freshness } from '../../ledger/freshness.js';
import type { Status } from '../../run/status.js';
import { command, contextOf, type CommonOptions } from '../command.js';
import type { Terminal } from '../terminal.js';

export function statusCommand(): Command {
  return command('status', 'The last run, and which agencies are fresh, late, missing or held', [
    'tally status',
    'tally status --quiet || echo "somebody must look"',
  ]).action(async (options: CommonOptions) => {
    const { terminal, config } = await contextOf(options);
    const { systemClock } = await import('../../clock.js');
    const { askLedger, readStatus } = await import('../../run/status.js');
    const { readJobStatus } = await import('../../schedule/status.js');
    const { showJobs } = await import('../scheduling.js');
    const { statusExitCode } = await import('../exitCode.js');
    // In one go, so that an embedded database is not started twice.
    const { status, jobs } = await askLedger(config, async (client) => ({
      status: await readStatus(config, systemClock),
      jobs: await readJobStatus(client, config, systemClock),
    }));
    await show(terminal, status);
    showJobs(terminal, jobs);
    terminal.document({ ...documentOf(status), jobs });
    process.exitCode = statusExitCode(status);
  });
}

async function show({ say, colors }: Terminal, { lastRun, agencies }: Status): Promise<void> {
  const { paint } = await import('../freshness.js');
  const { table } = await import('../terminal.js');
  const { count, moment, printable } = await import('../text.js');
  if (lastRun) {
    const { run_id: id, command: name, started_at: started, outcome, loaded, held, failed } = lastRun;
    say(
      `Last: tally ${name} (run ${id}), ${moment(started)} UTC, ${outcome ?? 'going on'}: ${loaded} loaded, ${held} held, ${failed} failed`,
    );
  } else {
    say('Nothing has been run yet. Start with: tally run');
  }
  if (agencies.length === 0) return;
  const rows = agencies.map((each) => [
    each.feed,
    each.agency,
    paint(colors, each.state)(each.state),
    each.fresh_date ?? '',
    each.expected_date ?? '',
    count(each.rows_loaded),
    count(each.rows_invalid),
    each.live_load_id === null ? '' : String(each.live_load_id),
  ]);
  say();
  say(table(COLUMNS, rows));
  const troubled = agencies.filter(({ state }) => state === 'held' || state === 'failed');
  if (troubled.length > 0) say();
  for (const each of troubled) {
    say(
      printable(
        `${each.feed} of ${each.agency}, load ${each.last_load_id} (${each.state}): ${each.last_message ?? ''}`,
      ),
    );
    if (each.state === 'held')
      say(
        `  Look: tally invalid --load ${each.last_load_id}. Accept: tally load --accept-held ${each.last_load_id}`,
      );
  }
}

const COLUMNS = [
  { title: 'feed' },
  { title: 'agency' },
  { title: 'state' },
  { title: 'date' },
  { title: 'expected' },
  { title: 'rows', right: true },
  { title: 'invalid', right: true },
  { title: 'load', right: true },
];

function documentOf({ lastRun, agencies }: Status): { last_run: unknown; agencies: Freshness[] } {
  if (!lastRun) return { last_run: null, agencies };
  const {
    run_id,
    command: name,
    started_at,
    finished_at,
    outcome,
    loaded,
    unchanged,
    held,
    failed,
    skipped,
  } = lastRun;
  return {
    last_run: {
      run_id: Number(run_id),
      command: name,
      started_at,
      finished_at,
      outcome,
      loaded: Number(loaded),
      unchanged: Number(unchanged),
      held: Number(held),
      failed: Number(failed),
      skipped: Number(skipped),
    },
    agencies,
  };
}
