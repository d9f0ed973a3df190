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
  for (const each of everyCommand(program)) {
    // What commander has to say against a command line is an error like any other, and told like one.
    each.configureOutput({ outputError: () => {} });
    each.exitOverride((error) => {
      throw error.exitCode === 0 || error.code === 'commander.help' ? error : usageError(each, error);
    });
  }
  let workspace: string | undefined;
  program.hook('preAction', (_, action) => {
    workspace = action.opts<{ workspace?: string }>().workspace;
  });
  try {
    await program.parseAsync();
  } catch (error) {
    process.exitCode = error instanceof CommanderError ? helpExit(error) : await fail(error, workspace);
  }
}

function everyCommand(root: Command): Command[] {
  return [root, ...root.commands.flatMap(everyCommand)];
}

function usageError(command: Command, error: CommanderError): TallyError {
  const message = error.message.replace(/^error: /, '').replaceAll('\n', ' ');
  return new TallyError('usage', message, {
    hint: `What it takes, with an example: ${fullName(command)} --help`,
    cause: error,
  });
}

function fullName(command: Command): string {
  return command.parent ? `${fullName(command.parent)} ${command.name()}` : command.name();
}

/** Help that was asked for is an answer; help for want of a command is none. */
function helpExit(error: CommanderError): number {
  return error.exitCode === 0 ? 0 : 2;
}

async function fail(error: unknown, workspace: string | undefined): Promise<number> {
  const { tellFailure } = await import('./failure.js');
  return tellFailure(error, { json: process.argv.includes('--json'), workspace });
}

void main();
