import { Option, type Command } from 'commander';
import { command, contextOf, parseDay, parseLimit, type CommonOptions } from '../command.js';

interface LoadsOptions extends CommonOptions {
  feed?: string;
  agency?: string;
  date?: string;
  outcome?: string;
  limit: number;
}

export function loadsCommand(): Command {
  return command('loads', 'The ledger: every load, the latest first', [
    'tally loads --agency agency_a',
    'tally loads --outcome held --json',
  ])
    .option('--feed <feed>', 'only this feed')
    .option('--agency <agency>', 'only this agency')
    .option('--date <date>', 'only this business date (YYYY-MM-DD)')
    .addOption(
      new Option('--outcome <outcome>', 'only this outcome').choices([
        'loaded',
        'unchanged',
        'held',
        'failed',
        'skipped',
      ]),
    )
    .option('--limit <n>', 'so many at most', parseLimit, 50)
    .action(async (options: LoadsOptions) => {
      const { terminal, config } = await contextOf(options);
      const date = await parseDay(options.date);
      const { askLedger } = await import('../../run/status.js');
      const { listLoads } = await import('../../ledger/questions.js');
      const { table } = await import('../terminal.js');
      const { count, cutMiddle, moment, percent } = await import('../text.js');
      const loads = await askLedger(config, (client) =>
        listLoads(client, { ...options, date }, options.limit),
      );
      const right = { right: true };
      const columns = [
        { title: 'load', ...right },
        { title: 'feed' },
        { title: 'agency' },
        { title: 'date' },
        { title: 'file' },
        { title: 'rows', ...right },
        { title: 'loaded', ...right },
        { title: 'invalid', ...right },
        { title: '%', ...right },
        { title: 'started (UTC)' },
        { title: 'outcome' },
      ];
      const rows = loads.map((load) => [
        load.load_id,
        load.feed,
        load.agency ?? '',
        load.business_date ?? '',
        cutMiddle(load.file_name, 48),
        count(load.rows_read),
        count(load.rows_loaded),
        count(load.rows_invalid),
        percent(Number(load.rows_invalid), Number(load.rows_read)),
        moment(load.started_at),
        `${load.outcome ?? 'going on'}${load.rolled_back_at ? ', rolled back' : ''}${load.code ? ` (${load.code})` : ''}`,
      ]);
      terminal.say(loads.length === 0 ? 'No loads.' : table(columns, rows));
      terminal.document(
        loads.map((load) => ({
          ...load,
          load_id: Number(load.load_id),
          rows_read: Number(load.rows_read),
          rows_loaded: Number(load.rows_loaded),
          rows_invalid: Number(load.rows_invalid),
          rows_repeated: Number(load.rows_repeated),
          rows_fixed: Number(load.rows_fixed),
          rows_dismissed: Number(load.rows_dismissed),
          compared_with: numberOrNull(load.compared_with),
          rows_added: numberOrNull(load.rows_added),
          rows_removed: numberOrNull(load.rows_removed),
          rows_changed: numberOrNull(load.rows_changed),
          seconds: numberOrNull(load.seconds),
        })),
      );
    });
}

function numberOrNull(text: string | null): number | null {
  return text === null ? null : Number(text);
}
