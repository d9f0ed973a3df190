import type { Verification } from '../../../src/load/verify/verification.js';
import { verifyLoads, type VerifyAsked } from '../../../src/run/verify.js';
import type { Workspace } from '../../setup/workspace.js';

/** Verifies in this process, as `tally verify` does. */
export function verify(
  workspace: Workspace,
  asked: Partial<VerifyAsked> = {},
  watching: { progress?: () => void; settings?: Record<string, string> } = {},
): Promise<Verification[]> {
  const { progress = () => {}, settings = {} } = watching;
  const clock = { now: () => workspace.now };
  return verifyLoads(
    { config: workspace.config(settings), clock },
    { rowForRow: false, limit: 20, ...asked },
    { signal: new AbortController().signal, progress, verified: () => {} },
  );
}

/** The one load that is asked for, or that there is. */
export async function verifyOne(
  workspace: Workspace,
  asked: Partial<VerifyAsked> = {},
): Promise<Verification> {
  const done = await verify(workspace, asked);
  if (done.length !== 1) throw new Error(`expected one verification, got ${done.length}`);
  return done[0]!;
}

/** What differs, in short: kind, line and message. */
export function told({ differences }: Verification): string[] {
  return differences.map(({ kind, row, message }) => `${kind}: ${message}${row === null ? '' : ` | ${row}`}`);
}

export async function load(
  workspace: Workspace,
  file: string,
  content: string | Buffer,
  date = '2026-11-20',
): Promise<string> {
  workspace.write(`files/${file}`, content);
  const { loadId, outcome, message } = await workspace.load(`files/${file}`, { date });
  if (loadId === null || (outcome !== 'loaded' && outcome !== 'held'))
    throw new Error(`${outcome}: ${message}`);
  return loadId;
}
