import type { Command } from 'commander';
import { command, contextOf, JOBS, parseJobs, untilInterrupted, type CommonOptions } from '../command.js';

export function runCommand(): Command {
  return command('run', 'Find deliveries in the inbox, load them, write the reports', [
    'tally run',
    'tally run --jobs 2',
    'tally run --feed customer_rating',
    'tally run --json',
  ])
    .option('--feed <feed>', 'only files of this feed')
    .option(...JOBS)
    .action(async (options: CommonOptions & { feed?: string; jobs?: string }) => {
      const { terminal, config } = await contextOf(options);
      const jobs = await parseJobs(options.jobs, config);
      const signal = untilInterrupted(terminal);
      const { systemClock } = await import('../../clock.js');
      const { findFeed } = await import('../../feeds/feed.js');
      const { inSession } = await import('../../run/session.js');
      const { run } = await import('../../run/run.js');
      const { openProgress } = await import('../progress.js');
      const { showSummary } = await import('../summary.js');
      const { runDocument } = await import('../documents.js');
      const { exitCode } = await import('../exitCode.js');
      const progress = openProgress(terminal, signal);
      const { summary, outcome } = await inSession(
        { config: { ...config, jobs }, clock: systemClock, command: 'run' },
        async (session) => {
          const only = options.feed === undefined ? undefined : findFeed(session.feeds, options.feed);
          const done = await run(session, { signal, ...progress }, only);
          return {
            result: { summary: done.result, outcome: done.outcome },
            outcome: done.outcome,
            errors: done.errors,
          };
        },
      ).finally(progress.close);
      showSummary(terminal, summary, { nothing: 'Nothing new in the inbox.', freshness: true });
      terminal.document(runDocument(summary, outcome));
      process.exitCode = exitCode(summary, outcome);
    });
}
