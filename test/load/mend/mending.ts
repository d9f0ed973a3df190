import { parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';
import { dismissInvalidRows, exportInvalidRows, fixInvalidRows } from '../../../src/run/mend.js';
import { inSession } from '../../../src/run/session.js';
import type { Dismissed, DismissOptions } from '../../../src/load/mend/dismiss.js';
import type { Fixed } from '../../../src/load/mend/fix.js';
import { verifyLoads } from '../../../src/run/verify.js';
import { createWorkspace, type Workspace } from '../../setup/workspace.js';

export type SheetLine = Record<string, string>;

/** A workspace in which most rows of a file of ratings may be invalid. */
export async function createTolerant(): Promise<Workspace> {
  const workspace = await createWorkspace();
  const file = 'feeds/customer_rating.yaml';
  workspace.write(file, `${workspace.read(file)}guards: { max_invalid_percent: 100, min_rows_percent: 0 }\n`);
  return workspace;
}

/** What differs between the deliveries that readers see, or one load, and the warehouse. */
export async function verified(
  workspace: Workspace,
  { load, file }: { load?: string; file?: string } = {},
): Promise<string[]> {
  const { verifications } = await verifyLoads(
    { config: workspace.config(), clock: { now: () => workspace.now } },
    { load, file: file && `${workspace.folder}/${file}`, rowForRow: true, limit: 20 },
    { signal: new AbortController().signal, progress: () => {}, verified: () => {} },
  );
  return verifications.flatMap(({ outcome, message, differences }) =>
    outcome === 'unverifiable' ? [message!] : differences.map((each) => each.message),
  );
}

/** The open rows of a load, as the sheet has them. */
export async function exported(workspace: Workspace, loadId: string | null): Promise<SheetLine[]> {
  let text = '';
  await exportInvalidRows(workspace.config(), loadId!, { write: async (part) => void (text += part) });
  return linesOf(text);
}

export function linesOf(text: string, delimiter = ','): SheetLine[] {
  return parse(text, { columns: true, bom: true, delimiter });
}

/** Gives lines back as a file, and takes those that come back. */
export async function fix(
  workspace: Workspace,
  lines: SheetLine[] | string | Buffer,
  { by = 'anna', force = true }: { by?: string; force?: boolean } = {},
): Promise<Fixed & { back: SheetLine[] }> {
  const content = Array.isArray(lines) ? stringify(lines, { header: true }) : lines;
  const path = workspace.write('sheet.csv', content);
  const back = `${workspace.folder}/sheet.back.csv`;
  const done = await inSession(
    { config: workspace.config(), clock: { now: () => workspace.now }, command: 'invalid fix' },
    async (session) => ({
      result: await fixInvalidRows(session, new AbortController().signal, path, { back, force, by }),
      outcome: 'done',
    }),
  );
  return { ...done, back: done.returned > 0 ? linesOf(workspace.read('sheet.back.csv')) : [] };
}

export async function dismiss(
  workspace: Workspace,
  options: Omit<DismissOptions, 'why'> & { why?: string },
): Promise<Dismissed> {
  return inSession(
    { config: workspace.config(), clock: { now: () => workspace.now }, command: 'invalid dismiss' },
    async (session) => ({
      result: await dismissInvalidRows(session, new AbortController().signal, {
        why: 'nobody knows',
        by: 'ben',
        ...options,
      }),
      outcome: 'done',
    }),
  );
}
