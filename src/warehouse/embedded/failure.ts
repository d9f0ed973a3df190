import { TallyError } from '../../errors.js';

const OWN_SERVER = 'use a PostgreSQL of your own: set DATABASE_URL.';

/** The embedded database cannot be had: what was expected, what came, and what to do. */
export function embeddedFailed(message: string, hint = '', cause?: unknown): TallyError {
  return new TallyError('embedded_failed', message, {
    hint: hint ? `${hint} Or ${OWN_SERVER}` : `You can ${OWN_SERVER}`,
    cause,
  });
}

/** Does the work; what the file system refuses on the way becomes an error that a person can act on. */
export async function sayingWhatFailed<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { code, syscall, path, dest } = (error ?? {}) as NodeJS.ErrnoException & { dest?: string };
    if (error instanceof TallyError || !code || !syscall) throw error;
    const call = [syscall, path, dest && `to ${dest}`].filter(Boolean).join(' ');
    const said = /^\w+: (.*), \w+/.exec(messageOf(error))?.[1] ?? code;
    throw embeddedFailed(
      `The embedded database needs its files, and ${call} failed: ${said}.`,
      hintFor(code),
      error,
    );
  }
}

export function codeOf(error: unknown): string | undefined {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;
}

export function messageOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'message' in error
    ? String(error.message)
    : String(error);
}

/** initdb and the server say in words what the file system says by codes. */
export function hintFor(said: string): string {
  if (/ENOSPC|EDQUOT|No space left|quota/i.test(said)) return 'Free space on that disk, then run it again.';
  if (/EACCES|EPERM|denied|not permitted/i.test(said)) {
    return 'Run it as the user who owns the workspace, or make the folder writable for this one.';
  }
  if (/EROFS|Read-only/i.test(said)) return 'That disk is mounted read-only: put the workspace on another.';
  return '';
}
