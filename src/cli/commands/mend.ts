import { InvalidArgumentError, type Command } from 'commander';
import { TallyError } from '../../errors.js';
import { command, contextOf, parseLoadId, untilInterrupted, type CommonOptions } from '../command.js';

/** What is done with invalid rows: they go out as a sheet, and come back corrected, or are dismissed. */

const BY = [
  '--by <who>',
  'who does it, for the audit entry (TALLY_USER; else the user of the system)',
] as const;

export function exportCommand(): Command {
  return command(
    'export',
    'Write the open invalid rows of a load as a CSV file that opens in a spreadsheet',
    ['tally invalid export --load 41', 'tally invalid export --load 41 corrections.csv'],
  )
    .argument('[file]', 'where to; else output/invalid_rows_of_load_N.csv; - for stdout')
    .requiredOption('--load <load>', 'the load', parseLoadId)
    .option('--force', 'write over a file that is there')
    .action(async (file: string | undefined, options: CommonOptions & { load: string; force?: boolean }) => {
      const { terminal, config } = await contextOf(options);
      const { exportInvalidRows } = await import('../../run/mend.js');
      const { plural } = await import('../text.js');
      if (file === '-') {
        if (options.json)
          throw new TallyError('usage', 'expected a file with --json: both would go to stdout.');
        const { EventEmitter } = await import('node:events');
        await exportInvalidRows(config, options.load, {
          async write(text) {
            if (!process.stdout.write(text)) await EventEmitter.once(process.stdout, 'drain');
          },
        });
        return;
      }
      const to = { path: file, overwrite: options.force ?? false };
      const done = await exportInvalidRows(config, options.load, to);
      terminal.say(`${plural(done.rows, 'open invalid row')} of load ${done.loadId}: ${done.file}`);
      if (done.rows > 0)
        terminal.say(
          'Correct the columns, leave the stamps as they are, and give it back: tally invalid fix FILE',
        );
      terminal.document({
        load_id: Number(done.loadId),
        feed: done.feed,
        agency: done.agency,
        file: done.file,
        rows: done.rows,
      });
    });
}

export function fixCommand(): Command {
  return command(
    'fix',
    'Take corrected rows back: the valid ones are loaded, the others come back with their reasons',
    ['tally invalid fix output/invalid_rows_of_load_41.csv', 'tally invalid fix corrections.csv --by anna'],
  )
    .argument('<file>', 'the file of `tally invalid export`, corrected')
    .option('--back <file>', 'where rows are written that are still not valid; else FILE.back.csv')
    .option(...BY)
    .option('--force', 'write over what lies there, and fix rows that an audit would hold')
    .action(
      async (file: string, options: CommonOptions & { back?: string; by?: string; force?: boolean }) => {
        const { terminal, config } = await contextOf(options);
        const signal = untilInterrupted(terminal);
        const { systemClock } = await import('../../clock.js');
        const { inSession } = await import('../../run/session.js');
        const { fixInvalidRows } = await import('../../run/mend.js');
        const { showErrors } = await import('../summary.js');
        const { fixedDocument, showFixed } = await import('../corrections.js');
        const { back, by, force = false } = options;
        const done = await inSession(
          { config, clock: systemClock, command: 'invalid fix' },
          async (session) => {
            const result = await fixInvalidRows(session, signal, file, { back, by, force });
            return { result, outcome: result.errors.length > 0 ? 'failed' : 'done' };
          },
        );
        showFixed(terminal, done);
        terminal.document(fixedDocument(done));
        // The rows are fixed; only a report could not be written after it.
        showErrors(terminal.json ? terminal.note : terminal.alarm, done.errors);
        if (done.errors.length > 0) process.exitCode = 1;
        else if (done.returned > 0) process.exitCode = 3;
      },
    );
}

export function dismissCommand(): Command {
  return command('dismiss', 'Note of invalid rows that nobody will correct them', [
    'tally invalid dismiss --load 41 --line 17 --line 23 --why "test customers"',
    'tally invalid dismiss --load 41 --column customer_rating --why "the agency knows"',
  ])
    .requiredOption('--load <load>', 'the load', parseLoadId)
    .requiredOption('--why <text>', 'why, for the audit entry')
    .option('--line <line...>', 'only the rows of these lines', parseLine)
    .option('--column <column>', 'only with a reason in this column')
    .option('--rule <rule>', 'only with a reason of this rule')
    .option('--reason <text>', 'only with this text in their reasons')
    .option(...BY)
    .action(
      async (
        options: CommonOptions & {
          load: string;
          why: string;
          line?: number[];
          column?: string;
          rule?: string;
          reason?: string;
          by?: string;
        },
      ) => {
        const { terminal, config } = await contextOf(options);
        const signal = untilInterrupted(terminal);
        const { systemClock } = await import('../../clock.js');
        const { inSession } = await import('../../run/session.js');
        const { dismissInvalidRows } = await import('../../run/mend.js');
        const { dismissedDocument, showDismissed } = await import('../corrections.js');
        const { load: loadId, line: lines, ...rest } = options;
        const done = await inSession(
          { config, clock: systemClock, command: 'invalid dismiss' },
          async (session) => ({
            result: await dismissInvalidRows(session, signal, { ...rest, by: rest.by, loadId, lines }),
            outcome: 'done',
          }),
        );
        showDismissed(terminal, done);
        terminal.document(dismissedDocument(done));
      },
    );
}

function parseLine(text: string, before: number[] | undefined): number[] {
  if (!/^[1-9]\d{0,14}$/.test(text))
    throw new InvalidArgumentError(`expected the number of a line, got \`${text}\``);
  return [...(before ?? []), Number(text)];
}
