import { Command, CommanderError } from 'commander';
import { TallyError } from '../errors.js';
import { agenciesCommand } from './commands/agencies.js';
import { checkCommand } from './commands/check.js';
import { dbCommand } from './commands/db.js';
import { feedsCommand } from './commands/feeds.js';
import { initCommand } from './commands/init.js';
import { invalidCommand } from './commands/invalid.js';
import { loadCommand } from './commands/load.js';
import { loadsCommand } from './commands/loads.js';
import { reportCommand } from './commands/report.js';
import { rollbackCommand } from './commands/rollback.js';
import { runCommand } from './commands/run.js';
import { statusCommand } from './commands/status.js';

export function createProgram(): Command {
  const program = new Command('tally')
    .description('Agencies deliver CSV files; Tallyhouse loads them into PostgreSQL, and every row has a fate.')
    .option('-V, --version', 'print the version')
    .addHelpText(
      'after',
      '\nExit codes: 0 done, 1 failed, 2 usage or configuration, 3 something was held.\nStart with: tally run',
    );
  for (const make of [
    runCommand,
    loadCommand,
    reportCommand,
    statusCommand,
    loadsCommand,
    invalidCommand,
    agenciesCommand,
    feedsCommand,
    rollbackCommand,
    dbCommand,
    checkCommand,
    initCommand,
  ]) {
    program.addCommand(make());
  }
  program.action(async (options: { version?: boolean }) => {
    if (!options.version) return program.help({ error: false });
    const { VERSION } = await import('../version.js');
    process.stdout.write(`${VERSION}\n`);
  });
  return program;
}

async function main(): Promise<void> {
  // `tally invalid | head` is no fault.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  const program = createProgram();
  for (const each of everyCommand(program)) each.exitOverride().showHelpAfterError('(add --help for what it takes)');
  try {
    await program.parseAsync();
  } catch (error) {
    process.exitCode = error instanceof CommanderError ? usageExit(error) : showFailure(error);
  }
}

function everyCommand(root: Command): Command[] {
  return [root, ...root.commands.flatMap(everyCommand)];
}

/** Commander has said what it has to say. */
function usageExit(error: CommanderError): number {
  return error.exitCode === 0 ? 0 : 2;
}

function showFailure(error: unknown): number {
  const failure =
    error instanceof TallyError
      ? error
      : new TallyError('unexpected', `Something went wrong that should not have: ${error instanceof Error ? error.message : String(error)}.`, {
          hint: 'The details are in .tally/tally.log.. Please report it.',
          cause: error,
        });
  if (process.argv.includes('--json')) {
    const { code, message, hint = null } = failure;
    process.stdout.write(`${JSON.stringify({ error: { code, message, hint } }, null, 2)}\n`);
  } else {
    process.stderr.write(`Error (${failure.code}): ${failure.message}\n${failure.hint ? `${failure.hint}\n` : ''}`);
  }
  return failure.exitCode;
}

await main();
