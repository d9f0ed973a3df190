import type { Command } from 'commander';
import { command, contextOf, type CommonOptions } from '../command.js';

export function statusCommand(): Command {
  return command('status', 'The last run, and how fresh each agency is', ['tally status']).action(async (options: CommonOptions) => {
    const { terminal, config } = await contextOf(options);
    const { systemClock } = await import('../../clock.js');
    const { readStatus } = await import('../../run/status.js');
    const { count, moment, table } = await import('../terminal.js');
    const status = await readStatus(config, systemClock);
    const { say, colors } = terminal;
    if (status.lastRun) {
      const { run_id: id, started_at: started, outcome, loaded, held, failed } = status.lastRun;
      say(`Last run: ${id}, ${moment(started)} UTC, ${outcome ?? 'going on'}: ${loaded} loaded, ${held} held, ${failed} failed`);
    } else {
      say('Nothing has been run yet. Start with: tally run');
    }
    if (status.agencies.length > 0) {
      const paint = { fresh: colors.green, late: colors.yellow, missing: colors.yellow, held: colors.yellow, failed: colors.red };
      const rows = status.agencies.map((each) => [
        each.feed,
        each.agency,
        paint[each.state](each.state),
        each.fresh_date ?? '',
        each.expected_date ?? '',
        count(each.rows_loaded),
        count(each.rows_invalid),
        each.live_load_id === null ? '' : String(each.live_load_id),
      ]);
      const right = { right: true };
      say();
      say(
        table(
          [
            { title: 'feed' }, { title: 'agency' }, { title: 'state' }, { title: 'date' }, { title: 'expected' },
            { title: 'rows', ...right }, { title: 'invalid', ...right }, { title: 'load', ...right },
          ],
          rows,
        ),
      );
    }
    terminal.document({
      last_run: status.lastRun && {
        run_id: Number(status.lastRun.run_id),
        command: status.lastRun.command,
        started_at: status.lastRun.started_at,
        finished_at: status.lastRun.finished_at,
        outcome: status.lastRun.outcome,
        loaded: Number(status.lastRun.loaded),
        unchanged: Number(status.lastRun.unchanged),
        held: Number(status.lastRun.held),
        failed: Number(status.lastRun.failed),
        skipped: Number(status.lastRun.skipped),
      },
      agencies: status.agencies,
    });
  });
}
