import { TallyError } from '../../errors.js';
import { databaseFailure } from '../../warehouse/failure.js';

/** What one look found. */
export interface Finding {
  name: string;
  /** unknown: it could not be looked at. */
  state: 'ok' | 'trouble' | 'unknown';
  expected: string;
  actual: string;
  /** The command that mends it, or what to do where no command does. */
  mend: string | null;
  /** What the command exits with for this trouble. */
  exit: number;
}

export function ok(name: string, expected: string, actual: string): Finding {
  return { name, state: 'ok', expected, actual, mend: null, exit: 0 };
}

export function trouble(name: string, expected: string, actual: string, mend: string | null): Finding {
  return { name, state: 'trouble', expected, actual, mend, exit: 1 };
}

export function unknown(name: string, expected: string, actual: string, mend: string): Finding {
  return { name, state: 'unknown', expected, actual, mend, exit: 0 };
}

/** What is found, whatever goes wrong: a look that fails is trouble itself, and no reason not to look further. */
export async function look(
  name: string,
  expected: string,
  ask: () => Finding[] | Promise<Finding[]>,
): Promise<Finding[]> {
  try {
    return await ask();
  } catch (error) {
    const failure = error instanceof TallyError ? error : databaseFailure(error);
    const found = trouble(name, expected, failure.message, failure.hint ?? null);
    return [{ ...found, exit: failure.exitCode }];
  }
}

/** A statement as a command: it is asked of the database that the workspace uses. */
export function psql(sql: string): string {
  const quoted = sql.trim().replaceAll("'", `'\\''`);
  return `psql "$(tally db url)" -c '${quoted}'`;
}
