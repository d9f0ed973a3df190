import pg from 'pg';
import { withoutPassword } from '../config.js';
import { TallyError } from '../errors.js';

/** What node-postgres or the server threw, as an error that a person can act on. */
export function databaseFailure(error: unknown, url?: string): TallyError {
  if (error instanceof TallyError) return error;
  const where = url ? ` (${withoutPassword(url)})` : '';
  const code = sqlState(error);
  const text = messageOf(error);
  if (
    code === 'ECONNREFUSED' ||
    code === 'ENOTFOUND' ||
    code === 'ETIMEDOUT' ||
    code === 'EAI_AGAIN' ||
    code === 'ENOENT' ||
    text === 'timeout expired'
  ) {
    return new TallyError('database_unreachable', `No PostgreSQL answers${where}: ${text}.`, {
      hint: 'Is it running, and is DATABASE_URL right? Without DATABASE_URL the embedded database is used.',
      cause: error,
    });
  }
  if (code === '28P01' || code === '28000') {
    return new TallyError(
      'database_refused',
      `PostgreSQL refused the user or the password${where}: ${text}.`,
      {
        hint: 'Look at the user and the password in DATABASE_URL.',
        cause: error,
      },
    );
  }
  if (code === '42501') {
    return new TallyError('database_refused', `The database user may not do this: ${text}.`, {
      hint: "Migrations, views and `tally clean` are the owner's work; loads want a loader. Which login is what: tally check.",
      cause: error,
    });
  }
  if (isLost(error)) {
    return new TallyError('database_lost', `The connection to the database was lost: ${text}.`, {
      hint: 'Nothing half-done was kept. Run the same command again when the database is back.',
      cause: error,
    });
  }
  if (code === '53100') {
    return new TallyError('database_error', `The database has no disk space left: ${text}.`, {
      hint: 'Free space on its disk, then run the same command again. Nothing half-done was kept.',
      cause: error,
    });
  }
  if (error instanceof pg.DatabaseError) {
    return new TallyError(
      'database_error',
      `PostgreSQL says: ${text}${error.where ? ` (${error.where})` : ''}.`,
      {
        cause: error,
      },
    );
  }
  throw error;
}

/** The five characters that PostgreSQL tells errors apart by, or the code of a socket's error. */
export function sqlState(error: unknown): string | undefined {
  if (error instanceof AggregateError) return sqlState(error.errors[0]);
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;
}

export function isLost(error: unknown): boolean {
  const code = sqlState(error);
  if (code && /^(57P0[1-3]|08\d{3}|ECONNRESET|EPIPE)$/.test(code)) return true;
  // node-postgres gives these no code.
  return (
    error instanceof Error &&
    /^(Connection terminated|Client has encountered a connection error|Client was closed)/.test(error.message)
  );
}

function messageOf(error: unknown): string {
  if (error instanceof AggregateError) return messageOf(error.errors[0]);
  return (error instanceof Error ? error.message : String(error)).replace(/\.$/, '');
}
