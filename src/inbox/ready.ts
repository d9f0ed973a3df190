import { basename } from 'node:path';
import type { Companion, CompanionKind, Found } from './companions.js';

/** What says that a file is complete, as its feed declares it. */
export type Ready = 'stable' | 'done-file' | 'manifest';

/**
 * Why a file is left alone for now; undefined if it can be read. Nothing is waited for here: a file to which nobody
 * has written for long enough has had the same size for as long.
 */
export function whyNotReady(
  found: Found,
  ready: Ready,
  { now, stableSeconds }: { now: Date; stableSeconds: number },
): string | undefined {
  const name = basename(found.name);
  const [done, ...others] = (['done', 'checksum', 'manifest'] as const).map((kind) => of(found, kind));
  if (ready === 'done-file') {
    if (!done) return `${name}.done is not there yet`;
    // One of an earlier file of this name says nothing of this one.
    if (done.writtenAt < found.writtenAt)
      return `${name}.done is older than the file: it must come, or be touched, after it`;
  }
  if (ready === 'manifest' && !others.some(Boolean))
    return `neither ${name}.manifest.json nor ${name}.sha256 is there yet`;
  return [found, ...found.companions].map((each) => whyNotStable(each, now, stableSeconds)).find(Boolean);
}

function whyNotStable(
  { name, arrivedAt, mayGrow }: Found | Companion,
  now: Date,
  stableSeconds: number,
): string | undefined {
  const seconds = Math.floor((now.getTime() - arrivedAt.getTime()) / 1000);
  if (!mayGrow || stableSeconds === 0 || seconds >= stableSeconds) return undefined;
  const when = seconds < 0 ? 'in the future, by the clock of its disk' : `${seconds} s ago`;
  return `${basename(name)} was written to ${when}, and is left alone for ${stableSeconds} s`;
}

function of({ companions }: Found, kind: CompanionKind): Companion | undefined {
  return companions.find((each) => each.kind === kind);
}
