import type { Command } from 'commander';
import { TallyError } from '../../errors.js';
import { command, contextOf, group, type CommonOptions, type Context } from '../command.js';
import { rolesCommand } from './roles.js';

export function dbCommand(): Command {
  const url = command(
    'url',
    'Print a URL that psql takes; starts the embedded database and keeps it running',
    ['psql "$(npx tally db url)"'],
  ).action(async (options: CommonOptions) => {
    const { terminal, config } = await contextOf(options);
    const { withDatabase } = await import('../../warehouse/connect.js');
    const found =
      config.databaseUrl === undefined
        ? await keepRunning({ terminal, config })
        : withDatabase(config.databaseUrl);
    // It is all that the command is for: --quiet leaves it, as in psql "$(tally db url --quiet)".
    if (!options.json) process.stdout.write(`${found}\n`);
    terminal.document({ url: found });
  });

  const start = command('start', 'Start the embedded database and keep it running', [
    'tally db start',
  ]).action(async (options: CommonOptions) => {
    const context = await contextOf(options);
    refuseGiven(context);
    const found = await keepRunning(context);
    context.terminal.say(`The database is running: ${found.replace(/:[^:@/]+@/, ':***@')}`);
    context.terminal.document({ state: 'running' });
  });

  const stop = command('stop', 'Stop the embedded database', ['tally db stop']).action(
    async (options: CommonOptions) => {
      const context = await contextOf(options);
      refuseGiven(context);
      const { stopEmbedded } = await import('../../warehouse/embedded/embedded.js');
      const done = await stopEmbedded(context.config.workspace);
      context.terminal.say(done === 'stopped' ? 'The database is stopped.' : 'The database was not running.');
      context.terminal.document({ state: 'stopped' });
    },
  );

  const migrate = command('migrate', 'Bring the database to what this version and the feeds need', [
    'tally db migrate',
  ]).action(async (options: CommonOptions) => {
    const { terminal, config } = await contextOf(options);
    const { systemClock } = await import('../../clock.js');
    const { inSession } = await import('../../run/session.js');
    const { migrated, views } = await inSession(
      { config, clock: systemClock, command: 'migrate' },
      async (session) => ({
        result: session.prepared,
        outcome: 'done',
      }),
    );
    terminal.say(migrated.length > 0 ? `Migrated: ${migrated.join(', ')}` : 'The database is up to date.');
    if (views.built.length > 0) terminal.say(`Views built: ${views.built.join(', ')}`);
    for (const { view, reason } of views.leftOut) terminal.say(`View left out: ${view} (${reason})`);
    terminal.document({ migrated, views_built: views.built, views_left_out: views.leftOut });
  });

  return group('db', 'The database', ['psql "$(npx tally db url)"', 'tally db stop'])
    .addCommand(url)
    .addCommand(start)
    .addCommand(stop)
    .addCommand(migrate)
    .addCommand(rolesCommand());
}

/** Running, with our database in it. */
async function keepRunning({ terminal, config }: Context): Promise<string> {
  const { startEmbedded } = await import('../../warehouse/embedded/embedded.js');
  const { openWarehouse } = await import('../../warehouse/connect.js');
  await startEmbedded(config.workspace);
  const { warehouse, client } = await openWarehouse(config);
  await client.end();
  await warehouse.close();
  if (process.stderr.isTTY) terminal.note('The database stays up until `tally db stop`.');
  return warehouse.url;
}

function refuseGiven({ config }: Context): void {
  if (config.databaseUrl === undefined) return;
  throw new TallyError(
    'usage',
    'DATABASE_URL names the database, so there is no embedded one to start or stop.',
  );
}
