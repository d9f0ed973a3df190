import type { Command } from 'commander';
import { TallyError } from '../../errors.js';
import { command, contextOf, type CommonOptions } from '../command.js';

interface RolesOptions extends CommonOptions {
  dryRun?: boolean;
  prefix: string;
}

/** PostgreSQL takes 63 characters, and `_analyst` is to follow. */
const PREFIX = /^[a-z][a-z0-9_]{0,50}$/;

export function rolesCommand(): Command {
  return command(
    'roles',
    'Make the roles of owner, loaders and analysts, each with the least that it needs',
    ['tally db roles --dry-run', 'tally db roles'],
  )
    .option('--dry-run', 'print the statements and change nothing')
    .option(
      '--prefix <name>',
      'what the names of the roles begin with; of two warehouses on a server, each has its own',
      'tally',
    )
    .action(async (options: RolesOptions) => {
      if (!PREFIX.test(options.prefix))
        throw new TallyError(
          'usage',
          `expected small letters, digits and _ as the prefix of the roles, got \`${options.prefix}\``,
        );
      const { terminal, config } = await contextOf(options);
      const { plural } = await import('../text.js');
      const { askLedger } = await import('../../run/status.js');
      const { listChanges, makeRoles, rolesOf } = await import('../../warehouse/roles.js');
      const roles = rolesOf(options.prefix);
      const statements = await askLedger(config, async (client) =>
        options.dryRun
          ? (await listChanges(client, options.prefix)).map((change) => change.statement)
          : makeRoles(client, options.prefix),
      );
      const { owner, loader, analyst } = roles;
      for (const each of statements) terminal.say(`${each};`);
      if (statements.length > 0) terminal.say();
      const changes = plural(statements.length, 'change');
      if (options.dryRun) terminal.say(`${changes} would be made.`);
      else
        terminal.say(
          statements.length === 0
            ? `${owner}, ${loader} and ${analyst} are as they should be.`
            : `${changes} made.`,
        );
      if (!options.dryRun)
        terminal.note(
          `Logins are yours to make: create role NAME login in role ${loader}; or ${owner}, to migrate; or ${analyst}, to read.`,
        );
      terminal.document({ ...roles, dry_run: options.dryRun ?? false, statements });
    });
}
