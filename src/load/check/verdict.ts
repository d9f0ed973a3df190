/** What a check says of a value, and of a row. */
export const INVALID = 0;
/** PostgreSQL reads it as it stands. */
export const AS_IS = 1;
/** It is valid, and written in another form than PostgreSQL reads. */
export const REWRITE = 2;
/** Nothing but blanks, where blanks do not count. */
export const MISSING = 3;
export type Verdict = typeof INVALID | typeof AS_IS | typeof REWRITE | typeof MISSING;

/** Judges the value `bytes[start, end)`, which is never empty. */
export type ValueCheck = (bytes: Buffer, start: number, end: number) => Verdict;
