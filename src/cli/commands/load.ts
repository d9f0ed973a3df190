import type { Command } from 'commander';
import { TallyError } from '../../errors.js';
import {
  command,
  contextOf,
  JOBS,
  parseDay,
  parseJobs,
  parseLoadId,
  untilInterrupted,
  type CommonOptions,
} from '../command.js';

interface LoadCommandOptions extends CommonOptions {
  feed?: string;
  agency?: string;
  date?: string;
  jobs?: string;
  acceptHeld?: string;
  force?: boolean;
}

export function loadCommand(): Command {
  return command('load', 'Load files that you name, wherever they lie', [
    'tally load "inbox/Customer Rating Agency A Inc.csv"',
    'tally load ratings.csv --feed customer_rating --agency agency_a --date 2026-11-20',
    'tally load --accept-held 41',
  ])
    .argument('[files...]', 'files to load; the archive keeps a copy of those from outside the inbox')
    .option('--feed <feed>', 'the feed, where the name of the file does not say it')
    .option('--agency <agency>', 'the agency, where the name of the file does not say it')
    .option('--date <date>', 'the business date (YYYY-MM-DD), where the name of the file does not say it')
    .option(...JOBS)
    .option('--accept-held <load>', 'publish a load that was held', parseLoadId)
    .option('--force', 'load even what is known, was rolled back, or a guard would hold')
    .action(async (files: string[], options: LoadCommandOptions) => {
      const { acceptHeld: loadId, force = false } = options;
      if ((files.length === 0) === (loadId === undefined)) {
        throw new TallyError('usage', 'expected files to load, or --accept-held and the number of a load.', {
          hint: 'To load what lies in the inbox: tally run',
        });
      }
      const { terminal, config } = await contextOf(options);
      const date = await parseDay(options.date);
      const jobs = await parseJobs(options.jobs, config);
      const signal = untilInterrupted(terminal);
      const { systemClock } = await import('../../clock.js');
      const { findFeed } = await import('../../feeds/feed.js');
      const { inSession } = await import('../../run/session.js');
      const { acceptLoad, loadFiles } = await import('../../run/run.js');
      const { openProgress } = await import('../progress.js');
      const { showErrors, showSummary } = await import('../summary.js');
      const { loadDocument } = await import('../documents.js');
      const { exitCode } = await import('../exitCode.js');
      const progress = openProgress(terminal, signal);
      const { summary, outcome } = await inSession(
        { config: { ...config, jobs }, clock: systemClock, command: 'load' },
        async (session) => {
          const watching = { signal, ...progress };
          const said = {
            ...(options.feed === undefined ? {} : { feed: findFeed(session.feeds, options.feed) }),
            ...(options.agency === undefined ? {} : { agency: options.agency }),
            ...(date === undefined ? {} : { date }),
          };
          const done =
            loadId === undefined
              ? await loadFiles(session, watching, files, { force, said })
              : await acceptLoad(session, watching, loadId);
          return {
            result: { summary: done.result, outcome: done.outcome },
            outcome: done.outcome,
            errors: done.errors,
          };
        },
      ).finally(progress.close);
      showSummary(terminal, summary, {
        nothing: 'Nothing was loaded. To load known content all the same: --force',
        freshness: false,
      });
      // The document is one of loads, and has no place for what went wrong beside them.
      if (terminal.json) showErrors(terminal.note, summary.errors);
      terminal.document(summary.loads.map(loadDocument));
      process.exitCode = exitCode(summary, outcome);
    });
}
