import type { Command } from 'commander';
import { command, contextOf, parseDay, type CommonOptions } from '../command.js';

export function reportCommand(): Command {
  return command('report', 'Write the reports of a day', ['tally report', 'tally report customer_rating_aggregate --date 2026-11-20'])
    .argument('[name]', 'one report; else all')
    .option('--date <date>', 'the day (YYYY-MM-DD); else today')
    .action(async (name: string | undefined, options: CommonOptions & { date?: string }) => {
      const { terminal, config } = await contextOf(options);
      const said = await parseDay(options.date);
      const { dayOf, systemClock } = await import('../../clock.js');
      const { inSession } = await import('../../run/session.js');
      const { writeReports } = await import('../../run/run.js');
      const { findReport, readReports } = await import('../../report/report.js');
      const { sqlFiles } = await import('../../warehouse/views.js');
      const { plural } = await import('../terminal.js');
      const only = name === undefined ? undefined : findReport(readReports(sqlFiles('reports', config.workspace)), name);
      const date = said ?? dayOf(systemClock.now(), config.timeZone);
      const reports = await inSession({ config, clock: systemClock, command: 'report' }, async (session) => ({
        result: await writeReports(session, [date], only),
        outcome: 'done',
      }));
      for (const report of reports) {
        terminal.say(`${report.same ? 'Up to date' : 'Written'}: ${report.file} (${plural(report.rows, 'row')})`);
        if (report.withoutLoad.length > 0) terminal.say(`  without any load yet: ${report.withoutLoad.join(', ')}`);
        for (const late of report.late) terminal.say(`  late: ${late.agency}, expected ${late.expected}`);
      }
      terminal.document(reports.map(({ withoutLoad, ...report }) => ({ ...report, without_load: withoutLoad })));
    });
}
