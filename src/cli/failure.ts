import { TallyError } from '../errors.js';
import { printableLines } from './text.js';

/** Tells a person or a program what stopped the command, and gives what it exits with. */
export async function tellFailure(
  error: unknown,
  said: { json: boolean; workspace: string | undefined },
): Promise<number> {
  const failure = error instanceof TallyError ? error : await unexpected(error, said.workspace);
  const { code, message, hint = null } = failure;
  if (said.json) process.stdout.write(`${JSON.stringify({ error: { code, message, hint } }, null, 2)}\n`);
  else process.stderr.write(`${printableLines(`Error (${code}): ${message}${hint ? `\n${hint}` : ''}`)}\n`);
  return failure.exitCode;
}

/** A mistake of ours: its stack is for whoever mends it, and stands in the log of the workspace. */
async function unexpected(cause: unknown, named: string | undefined): Promise<TallyError> {
  const message = `Something went wrong that should not have: ${cause instanceof Error ? cause.message : String(cause)}.`;
  const file = await writeDown(cause, named).catch(() => undefined);
  const hint = file ? `Please report it; the details are in ${file}.` : 'Please report it.';
  return new TallyError('unexpected', message, { hint, cause });
}

async function writeDown(error: unknown, named: string | undefined): Promise<string> {
  const { findWorkspace } = await import('../config.js');
  const { openLog } = await import('../log.js');
  const workspace = findWorkspace(named ?? process.env.TALLY_WORKSPACE, process.cwd());
  const log = openLog({ workspace, logLevel: 'error', logFormat: 'json', logTo: 'file' });
  log.error('unexpected', { error });
  log.end();
  return `${workspace}/.tally/tally.log`;
}
