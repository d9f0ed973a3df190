import type { Command } from 'commander';
import { command, contextOf, parseDay, untilInterrupted, type CommonOptions } from '../command.js';

export function reportCommand(): Command {
  return command('report', 'Write the reports of a day', [
    'tally report',
    'tally report customer_rating_aggregate --date 2026-11-20',
  ])
    .argument('[name]', 'one report; else all')
    .option('--date <date>', 'the day (YYYY-MM-DD); else today')
    .action(async (name: string | undefined, options: CommonOptions & { date?: string }) => {
      const { terminal, config } = await contextOf(options);
      const said = await parseDay(options.date);
      const signal = untilInterrupted(terminal);
      const { dayOf, systemClock } = await import('../../clock.js');
      const { inSession } = await import('../../run/session.js');
      const { writeReports } = await import('../../run/reports.js');
      const { findReport } = await import('../../report/report.js');
      const { sqlFiles } = await import('../../warehouse/views.js');
      const { showErrors, showReport } = await import('../summary.js');
      const { showLate } = await import('../freshness.js');
      const { reportDocument } = await import('../documents.js');
      const only = name === undefined ? undefined : findReport(sqlFiles('reports', config.workspace), name);
      const date = said ?? dayOf(systemClock.now(), config.timeZone);
      const { written, errors } = await inSession(
        { config, clock: systemClock, command: 'report' },
        async (session) => {
          const done = await writeReports(session, signal, [date], { only, anew: true });
          return {
            result: done,
            outcome: signal.aborted ? 'interrupted' : done.errors.length > 0 ? 'failed' : 'done',
            errors: done.errors,
          };
        },
      );
      for (const report of written) {
        showReport(terminal, report);
        showLate(terminal, report.late);
        const { late, withoutLoad } = report;
        const others = withoutLoad.filter((key) => !late.some(({ agency }) => agency === key));
        if (others.length > 0) terminal.say(`Without any load yet: ${others.join(', ')}`);
      }
      const [first, ...others] = errors;
      showErrors(terminal.note, others);
      if (first) throw first;
      terminal.document(written.map(reportDocument));
      if (signal.aborted) process.exitCode = 1;
    });
}
