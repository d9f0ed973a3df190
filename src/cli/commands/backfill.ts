import type { Command } from 'commander';
import { command, contextOf, parseDay, untilInterrupted, type CommonOptions } from '../command.js';

interface BackfillCommandOptions extends CommonOptions {
  from: string;
  to: string;
  agency?: string;
  reports?: boolean;
  restart?: boolean;
  dryRun?: boolean;
}

export function backfillCommand(): Command {
  return command(
    'backfill',
    'Replay the archived deliveries of past business dates: their reports and history, by the rules of today',
    [
      'tally backfill customer_rating --from 2026-11-01 --to 2026-11-10 --dry-run',
      'tally backfill customer_rating --from 2026-11-01 --to 2026-11-10 --agency agency_a',
    ],
  )
    .argument('<feed>', 'the feed')
    .requiredOption('--from <date>', 'the first business date (YYYY-MM-DD)')
    .requiredOption('--to <date>', 'the last business date')
    .option('--agency <agency>', 'only this agency')
    .option('--reports', 'write the reports also of dates without a delivery')
    .option('--restart', 'replay also what was done before the last interruption')
    .option('--dry-run', 'say what would happen, and do nothing')
    .action(async (feed: string, options: BackfillCommandOptions) => {
      const { reports: allReports = false, restart = false, agency } = options;
      const { terminal, config } = await contextOf(options);
      const [from, to] = [(await parseDay(options.from))!, (await parseDay(options.to))!];
      const signal = untilInterrupted(terminal);
      const { systemClock } = await import('../../clock.js');
      const { backfill, planBackfill } = await import('../../run/backfill/backfill.js');
      const { inSession } = await import('../../run/session.js');
      const { openProgress } = await import('../progress.js');
      const { showBackfill } = await import('../backfill.js');
      const { backfillDocument } = await import('../documents.js');
      const { backfillExitCode } = await import('../exitCode.js');
      const asked = { feed, agency, from, to, allReports, restart };
      const progress = openProgress(terminal, signal);
      const summary = await (
        options.dryRun
          ? planBackfill(config, signal, asked)
          : inSession({ config, clock: systemClock, command: 'backfill' }, (session) =>
              backfill(session, { signal, ...progress }, asked),
            )
      ).finally(progress.close);
      showBackfill(terminal, summary);
      terminal.document(backfillDocument(summary));
      process.exitCode = backfillExitCode(summary);
    });
}
