import { CommanderError, type Command } from 'commander';
import { TallyError } from '../errors.js';
import { createProgram } from './program.js';

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
