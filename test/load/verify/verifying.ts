import type { Verification } from '../../../src/load/verify/verification.js';
import { verifyLoads, type VerifyAsked } from '../../../src/run/verify.js';
import { join } from 'node:path';
import { createWorkspace, type Workspace } from '../../setup/workspace.js';

/** Verifies in this process, as `tally verify` does. */
export async function verify(
  workspace: Workspace,
  asked: Partial<VerifyAsked> = {},
  watching: { progress?: () => void; settings?: Record<string, string> } = {},
): Promise<Verification[]> {
  const { progress = () => {}, settings = {} } = watching;
  const clock = { now: () => workspace.now };
  const { verifications } = await verifyLoads(
    { config: workspace.config(settings), clock },
    { rowForRow: false, limit: 20, ...asked },
    { signal: new AbortController().signal, progress, verified: () => {} },
  );
  return verifications;
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

export const HEADER = 'customer_number,customer_rating,customer_rating_limit,customer_status\n';
export const RATINGS = `${HEADER}1,10,100,regular\n2,20,100,high-value\nx,30,100,regular\n4,40,100,\n4,40,100,\n5,50,100,new\n5,50,100,new\n`;
export const FILE = 'Customer Rating Agency A Inc.csv';
export const TABLE = 'customer_rating_agency_a';

/** A rating file, loaded: lines 2 to 8, of which 4, 5 and 6 are invalid. */
export async function rated(): Promise<Workspace> {
  const workspace = await createWorkspace();
  await load(workspace, FILE, RATINGS);
  return workspace;
}

/** Where the archive has it. */
export const archived = (workspace: Workspace) =>
  join(workspace.folder, 'archive/customer_rating/2026-11-20', FILE);
