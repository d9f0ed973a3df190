import { TallyError } from '../errors.js';
import { databaseFailure, sqlState } from '../warehouse/failure.js';
import type { Delivery, LoadResult } from './delivery.js';

/** A failure so far: what is known is laid over it. */
export function emptyResult(file: string): LoadResult {
  return {
    loadId: null,
    feed: null,
    agency: null,
    businessDate: null,
    file,
    sha256: null,
    rowsRead: 0,
    rowsLoaded: 0,
    rowsInvalid: 0,
    rowsRepeated: 0,
    outcome: 'failed',
    live: false,
    seconds: 0,
    code: null,
    message: null,
    hint: null,
    warnings: [],
    reasons: [],
    drift: { extra: [], absent: [] },
  };
}

export function resultOf(
  delivery: Pick<Delivery, 'businessDate' | 'fileName' | 'sha256'> & {
    feed: { name: string };
    agency: { key: string };
  },
): LoadResult {
  const { feed, agency, businessDate, fileName, sha256 } = delivery;
  return { ...emptyResult(fileName), feed: feed.name, agency: agency.key, businessDate, sha256 };
}

export function skipped(
  delivery: Delivery,
  loadId: string | null,
  code: string,
  message: string,
): LoadResult {
  return { ...resultOf(delivery), loadId, outcome: 'skipped', code, message };
}

export function describe(failure: TallyError): Pick<LoadResult, 'code' | 'message' | 'hint'> {
  return { code: failure.code, message: failure.message, hint: failure.hint ?? null };
}

export function asFailure(error: unknown): TallyError {
  if (error instanceof TallyError) return error;
  const code = sqlState(error);
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG') {
    return new TallyError(
      'output_unwritable',
      'The disk of the workspace is full. Nothing of this file was loaded.',
      {
        hint: 'Free space, then run the same command again.',
        cause: error,
      },
    );
  }
  if (code === 'EISDIR' || code === 'EACCES' || code === 'EIO' || code === 'ENOENT') {
    return new TallyError('file_unreadable', `The file cannot be read: ${(error as Error).message}`, {
      cause: error,
    });
  }
  return databaseFailure(error);
}
