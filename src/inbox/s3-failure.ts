import type { S3Settings } from '../config.js';
import { TallyError } from '../errors.js';

/** What the SDK tells of a failure. */
interface SdkFailure {
  name?: string;
  message?: string;
  code?: string;
  $metadata?: { httpStatusCode?: number };
}

/** Whatever goes wrong with S3, in our words. */
export function s3Failure(error: unknown, url: string, { endpoint }: S3Settings): TallyError {
  if (error instanceof TallyError) return error;
  const { name = '', message = '', $metadata } = error as SdkFailure;
  const status = $metadata?.httpStatusCode;
  const said = message || name;
  if (name === 'AbortError') return new TallyError('interrupted', `Interrupted while ${url} was read.`);
  if (name === 'NoSuchBucket')
    return refused(`There is no bucket ${url.replace(/^s3:\/\/([^/]*).*$/s, '$1')}.`, error);
  if (status === 404) return new TallyError('file_missing', `There is no object ${url}.`, { cause: error });
  if (status === 412 || status === 409) {
    return new TallyError('file_changed', `${url} is another one by now: ${said}`, {
      hint: 'The next run loads it.',
      cause: error,
    });
  }
  if (name === 'CredentialsProviderError') return refused(`There are no credentials for S3: ${said}`, error);
  if (/region is missing/i.test(said))
    return refused('It is not known in which region the bucket is.', error);
  if (status !== undefined && status >= 400 && status < 500 && status !== 429)
    return refused(`S3 refused ${url}: ${said}`, error);
  return new TallyError('s3_unreachable', `${endpoint ?? 'S3'} cannot be reached for ${url}: ${said}`, {
    hint: 'Is TALLY_S3_ENDPOINT right, and does the server answer? The next run tries again.',
    cause: error,
  });
}

export function isMissing(error: unknown): boolean {
  return error instanceof TallyError && error.code === 'file_missing';
}

/** Something else lies there than was thought. */
export function isConflict(error: unknown): boolean {
  return error instanceof TallyError && error.code === 'file_changed';
}

function refused(message: string, cause: unknown): TallyError {
  return new TallyError('s3_refused', message, {
    hint: 'docs/inbox.md says which settings there are, and which rights are needed.',
    cause,
  });
}
