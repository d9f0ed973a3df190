import type { Command } from 'commander';
import { command, contextOf, group, type CommonOptions } from '../command.js';

export function agenciesCommand(): Command {
  const list = command('list', 'The agencies that are declared', ['tally agencies list']).action(
    async (options: CommonOptions) => {
      const { terminal, config } = await contextOf(options);
      const { loadAgencies } = await import('../../feeds/agencies.js');
      const { table } = await import('../terminal.js');
      const agencies = loadAgencies(config.workspace);
      const rows = agencies.list.map((agency) => [
        agency.key,
        agency.name,
        agency.timeZone ?? config.timeZone,
        agency.aliases.join(', '),
        agency.key === agencies.default ? 'default' : '',
      ]);
      const columns = [
        { title: 'key' },
        { title: 'name' },
        { title: 'time zone' },
        { title: 'aliases' },
        { title: '' },
      ];
      terminal.say(
        rows.length === 0 ? 'No agencies yet. Add one: tally agencies add "Agency A"' : table(columns, rows),
      );
      terminal.document(
        agencies.list.map((agency) => ({
          agency: agency.key,
          name: agency.name,
          time_zone: agency.timeZone ?? config.timeZone,
          aliases: agency.aliases,
          default: agency.key === agencies.default,
        })),
      );
    },
  );

  const add = command('add', 'Declare an agency: all that a new one takes', ['tally agencies add "Agency E"'])
    .argument('<name>', 'its name; the key is made of it (Agency E: agency_e)')
    .option('--time-zone <zone>', 'where its days begin, if not in TALLY_TIME_ZONE')
    .action(async (name: string, options: CommonOptions & { timeZone?: string }) => {
      const { terminal, config } = await contextOf(options);
      const { addAgency } = await import('../../feeds/agencies.js');
      const agency = addAgency(
        config.workspace,
        name,
        options.timeZone === undefined ? {} : { timeZone: options.timeZone },
      );
      terminal.say(
        `${agency.key} (${agency.name}) is declared in agencies.yaml; the next run loads its files.`,
      );
      terminal.document({
        agency: agency.key,
        name: agency.name,
        time_zone: agency.timeZone ?? config.timeZone,
      });
    });

  return group('agencies', 'The agencies that deliver', [
    'tally agencies list',
    'tally agencies add "Agency E"',
  ])
    .addCommand(list, { isDefault: true })
    .addCommand(add);
}
