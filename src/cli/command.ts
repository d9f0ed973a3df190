import { Command } from 'commander';
import { TallyError } from '../errors.js';
import type { Config } from '../config.js';
import type { Terminal } from './terminal.js';

export interface CommonOptions {
  json?: boolean;
  quiet?: boolean;
  workspace?: string;
}

/** A command that works in a workspace. */
export function command(name: string, description: string, examples: string[]): Command {
  return bareCommand(name, description, examples).option(
    '-w, --workspace <dir>',
    'the folder with feeds/ and inbox/ (TALLY_WORKSPACE; else this one or one above it)',
  );
}

/** What all commands have: an example in their help, and how they are to print. */
export function bareCommand(name: string, description: string, examples: string[]): Command {
  return group(name, description, examples)
    .option('--json', 'print the result as one JSON document')
    .option('-q, --quiet', 'print nothing but what went wrong');
}

/** Only a name for several commands. It has no options: they would be taken from the command that is meant. */
export function group(name: string, description: string, examples: string[]): Command {
  return new Command(name)
    .description(description)
    .addHelpText('after', `\nExample:\n${examples.map((example) => `  ${example}`).join('\n')}`);
}

export interface Context {
  terminal: Terminal;
  config: Config;
}

/** What a command needs at once; everything heavy is imported by the command itself, when it is run. */
export async function contextOf(options: CommonOptions): Promise<Context> {
  const { findWorkspace, readConfig } = await import('../config.js');
  const { openTerminal } = await import('./terminal.js');
  const workspace = findWorkspace(options.workspace ?? process.env.TALLY_WORKSPACE, process.cwd());
  return { terminal: openTerminal(options), config: readConfig(workspace, process.env) };
}

/** Aborted by the first Ctrl+C; the second ends the process where it stands. */
export function untilInterrupted(terminal: Terminal): AbortSignal {
  const controller = new AbortController();
  const stop = () => {
    if (controller.signal.aborted) process.exit(1);
    controller.abort();
    terminal.note('Stopping: what is loaded stays, what is not is rolled back. (Again to stop at once.)');
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return controller.signal;
}

export async function parseDay(text: string | undefined): Promise<string | undefined> {
  if (text === undefined) return undefined;
  const { isDay } = await import('../clock.js');
  if (!isDay(text)) throw new TallyError('usage', `expected a date such as 2026-11-21, got \`${text}\``);
  return text;
}

export function parseLoadId(text: string): string {
  if (!/^\d{1,18}$/.test(text))
    throw new TallyError('usage', `expected the number of a load, got \`${text}\``, {
      hint: 'tally loads shows them.',
    });
  return text;
}

export function parseLimit(text: string): number {
  const limit = Number(text);
  if (!Number.isInteger(limit) || limit < 1)
    throw new TallyError('usage', `expected a number of rows, 1 or more, got \`${text}\``);
  return limit;
}

export const JOBS = [
  '--jobs <n>',
  'how many files are loaded at once (TALLY_JOBS); those of one agency and feed never are',
] as const;

export async function parseJobs(text: string | undefined, config: Config): Promise<number> {
  if (text === undefined) return config.jobs;
  const { MOST_JOBS } = await import('../settings.js');
  const jobs = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (jobs < 1 || jobs > MOST_JOBS)
    throw new TallyError('usage', `expected a number of jobs from 1 to ${MOST_JOBS}, got \`${text}\``);
  return jobs;
}
