import { Option, type Command } from 'commander';
import { command, contextOf, parseLimit, parseLoadId, type CommonOptions } from '../command.js';
import { dismissCommand, exportCommand, fixCommand } from './mend.js';

interface InvalidOptions extends CommonOptions {
  load?: string;
  feed?: string;
  agency?: string;
  column?: string;
  rule?: string;
  status?: string;
  format: 'table' | 'csv' | 'json';
  limit: number;
}

export function invalidCommand(): Command {
  return (
    command('invalid', 'Invalid rows, with every reason', [
      'tally invalid --load 41',
      'tally invalid --agency agency_a --column customer_number --format csv > invalid.csv',
      'tally invalid export --load 41',
    ])
      .addCommand(exportCommand())
      .addCommand(fixCommand())
      .addCommand(dismissCommand())
      // The commands have options of the same names.
      .enablePositionalOptions()
      .option('--load <load>', 'only of this load', parseLoadId)
      .option('--feed <feed>', 'only of this feed')
      .option('--agency <agency>', 'only of this agency')
      .option('--column <column>', 'only with a reason in this column')
      .option('--rule <rule>', 'only with a reason of this rule')
      .addOption(new Option('--status <status>', 'only these').choices(['open', 'fixed', 'dismissed']))
      .addOption(
        new Option('--format <format>', 'how to print them')
          .choices(['table', 'csv', 'json'])
          .default('table'),
      )
      .option('--limit <n>', 'so many at most', parseLimit, 1000)
      .action(async (options: InvalidOptions) => {
        const { terminal, config } = await contextOf(options);
        const { askLedger } = await import('../../run/status.js');
        const { findInvalidCleaned, listInvalidRows } = await import('../../ledger/questions.js');
        const { rows, total, cleaned } = await askLedger(config, async (client) => ({
          ...(await listInvalidRows(client, options, options.limit)),
          cleaned: options.load === undefined ? undefined : await findInvalidCleaned(client, options.load),
        }));
        if (cleaned) {
          const { moment, plural } = await import('../text.js');
          const whose = `${plural(cleaned.rowsInvalid, 'invalid row')} of load ${options.load}`;
          terminal.note(
            `${whose}: cleaned on ${moment(cleaned.at)} UTC (TALLY_KEEP_INVALID_DAYS); the counts stay.`,
          );
        }
        const documents = rows.map((row) => ({
          ...row,
          load_id: Number(row.load_id),
          line_number: Number(row.line_number),
          reasons: row.reasons.map((reason) => ({ ...reason, first_line: reason.first_line ?? null })),
        }));
        if (options.json || options.format === 'json') {
          process.stdout.write(`${JSON.stringify(documents, null, 2)}\n`);
        } else if (options.format === 'csv') {
          const { stringify } = await import('csv-stringify/sync');
          const columns = [
            'load_id',
            'feed',
            'agency',
            'file_name',
            'table_name',
            'line_number',
            'raw',
            'summary',
            'status',
          ];
          process.stdout.write(
            stringify(documents, { header: true, columns, record_delimiter: '\n', escape_formulas: true }),
          );
        } else {
          const { table } = await import('../terminal.js');
          const { cut } = await import('../text.js');
          const areAllOpen = rows.every(({ status }) => status === 'open');
          const columns = [
            { title: 'load', right: true },
            { title: 'feed' },
            { title: 'agency' },
            { title: 'line', right: true },
            ...(areAllOpen ? [] : [{ title: 'status' }]),
            { title: 'why' },
            { title: 'row' },
          ];
          const cells = rows.map((row) => [
            row.load_id,
            row.feed,
            row.agency,
            row.line_number,
            ...(areAllOpen ? [] : [row.status]),
            cut(row.summary, 90),
            cut(row.raw, 60),
          ]);
          terminal.say(rows.length === 0 ? 'No invalid rows.' : table(columns, cells));
        }
        if (total > rows.length) terminal.note(`${rows.length} of ${total}; more with --limit ${total}`);
      })
  );
}
