import { ERROR_CODES, type ErrorCode } from '../errors.js';
import type { Verification } from '../load/verify/verification.js';
import type { BackfillSummary } from '../run/backfill/backfill.js';
import type { RunSummary } from '../run/pass.js';
import type { Status } from '../run/status.js';
import type { RunOutcome } from '../run/session.js';

/** 2 only where all that failed is a matter of usage or configuration. */
export function exitCode(summary: RunSummary, outcome: RunOutcome): number {
  if (outcome === 'done') return 0;
  if (outcome === 'held') return 3;
  if (outcome === 'interrupted') return 1;
  const codes = [...summary.errors, ...summary.loads.filter((load) => load.outcome === 'failed')].map(
    ({ code }) => code,
  );
  return Math.min(...codes.map((code) => ERROR_CODES[code as ErrorCode].exit));
}

/** The same for a backfill, done or planned. A date without a delivery is no failure. */
export function backfillExitCode({ replays, errors }: BackfillSummary): number {
  if (errors.length > 0 || replays.some(({ outcome }) => outcome === 'failed' || outcome === 'not_tried'))
    return 1;
  return replays.some(({ outcome }) => outcome === 'held') ? 3 : 0;
}

/** A difference counts more than what could not be told. */
export function verifyExitCode(verifications: Verification[]): number {
  const codes = verifications.flatMap(({ code }) => (code === null ? [] : [ERROR_CODES[code].exit]));
  return codes.length === 0 ? 0 : Math.min(...codes);
}

/** A late file is no failure of a run, which does what it can; who asks how things stand is told that they do not. */
export function statusExitCode({ agencies }: Pick<Status, 'agencies'>): number {
  return agencies.every(({ state }) => state === 'fresh') ? 0 : 3;
}
