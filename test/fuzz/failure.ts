import type { BrokenFile } from './broken.js';
import type { MadeFeed } from './feeds.js';

/** A file that is not loaded as it must be, made as small as it can be. */
export class FuzzFailure extends Error {
  override name = 'FuzzFailure';
}

/** What a person needs to see it again: seed, feed, file, and what was wrong. */
export function failureOf(
  seed: number,
  made: MadeFeed,
  file: Buffer,
  before: number,
  cause: unknown,
): FuzzFailure {
  const { columns, delimiter, quote, comment, encoding, header, nulls, unique } = made.feed;
  const feed = {
    columns,
    delimiter,
    quote,
    comment,
    encoding,
    header,
    nulls,
    unique,
    maxRowBytes: made.maxRowBytes,
  };
  const size = `a file of ${before} bytes, made smaller: ${file.length}`;
  return failure(seed, [size, `feed: ${JSON.stringify(feed)}`], file, cause);
}

export function brokenFailure(
  seed: number,
  { file, width, signs, place, damaged }: BrokenFile,
  cause: unknown,
): FuzzFailure {
  const row = `row ${place} of a hundred with ${width} fields is broken: ${JSON.stringify(damaged)}`;
  return failure(seed, [row, JSON.stringify(signs)], file, cause);
}

/** A longer file is made again by its seed. */
const MOST_SHOWN = 20_000;

function shown(file: Buffer): string[] {
  return [`file: ${JSON.stringify(file.toString('latin1'))}`, `base64: ${file.toString('base64')}`];
}

function failure(seed: number, about: string[], file: Buffer, cause: unknown): FuzzFailure {
  const said = [
    `seed ${seed} (npm run fuzz -- --seed ${seed} --files 20)`,
    ...about,
    ...(file.length > MOST_SHOWN ? [] : shown(file)),
    cause instanceof Error ? (cause.stack ?? cause.message) : String(cause),
  ];
  return new FuzzFailure(said.join('\n'), { cause });
}
