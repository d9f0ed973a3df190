import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { diffLoads, type Diff } from '../../../src/run/diff.js';
import type { ChangedRow } from '../../../src/load/diff/compare.js';
import { createWorkspace, type Workspace } from '../../setup/workspace.js';

const FEED =
  'title: Prices.\nfiles: [prices.csv]\nmode: replace\ndiff: counts\nguards: { max_invalid_percent: 100, min_rows_percent: 0, empty: allow }\n' +
  'columns:\n  - { name: id, type: integer, required: true }\n  - { name: price, type: numeric }\n  - { name: info, type: json }\n';

let day = 0;

async function load(workspace: Workspace, rows: string) {
  workspace.write('files/prices.csv', `id,price,info\n${rows}`);
  const date = new Date(Date.UTC(2026, 0, ++day)).toISOString().slice(0, 10);
  return workspace.load('files/prices.csv', { date, feed: 'prices', agency: 'agency_a' });
}

async function diffOf(workspace: Workspace, load: string, against?: string, limit?: number) {
  let diff: Diff | undefined;
  const rows: ChangedRow[] = [];
  await diffLoads(
    workspace.config(),
    { load, against, limit },
    {
      signal: new AbortController().signal,
      counted: (counted) => void (diff = counted),
      rows: async (some) => void rows.push(...some),
    },
  );
  const { added, removed, changed, rowsBefore, rowsAfter } = diff!;
  return { counts: { rowsBefore, rowsAfter, added, removed, changed }, rows, before: diff!.before.loadId };
}

const ledger = async (workspace: Workspace, loadId: string | null) =>
  (
    await workspace.query(
      'select compared_with, rows_added::int as added, rows_removed::int as removed, rows_changed::int as changed from tally.loads where load_id = $1',
      [loadId],
    )
  )[0];

describe('what a load has changed', () => {
  test('by key: rows added, removed and changed, wherever they stand', async () => {
    const workspace = await createWorkspace();
    workspace.write('feeds/prices.yaml', `${FEED}key: id\n`);
    const first = await load(workspace, '1,1.0,\n2,2.0,\n3,3,"{""a"": 1}"\n4,,\n');
    expect(await ledger(workspace, first.loadId)).toMatchObject({ compared_with: null, added: null });
    const second = await load(workspace, '3,3,"{""a"":1}"\n1,1.00,\n5,5,\n4,4,\n');
    const { counts, rows, before } = await diffOf(workspace, second.loadId!);
    expect(before).toBe(first.loadId);
    expect(counts).toEqual({ rowsBefore: 4, rowsAfter: 4, added: 1, removed: 1, changed: 1 });
    expect(rows).toEqual([
      { change: 'removed', before: ['2', '2.0', null], after: null },
      { change: 'changed', before: ['4', null, null], after: ['4', '4', null] },
      { change: 'added', before: null, after: ['5', '5', null] },
    ]);
    expect(await ledger(workspace, second.loadId)).toEqual({
      compared_with: first.loadId,
      added: 1,
      removed: 1,
      changed: 1,
    });
    expect((await diffOf(workspace, second.loadId!, undefined, 2)).rows).toHaveLength(2);
    expect((await diffOf(workspace, first.loadId!, second.loadId!)).counts).toMatchObject({
      added: 1,
      removed: 1,
    });
  });

  test('without a key whole rows are compared, as often as they occur', async () => {
    const workspace = await createWorkspace();
    workspace.write('feeds/prices.yaml', FEED);
    await load(workspace, '1,1,\n1,1,\n1,1,\n2,,\n2,,\n');
    const second = await load(workspace, '2,,\n1,1,\n3,,\n2,,\n');
    const { counts, rows } = await diffOf(workspace, second.loadId!);
    expect(counts).toEqual({ rowsBefore: 5, rowsAfter: 4, added: 1, removed: 2, changed: null });
    expect(rows).toEqual([
      { change: 'removed', before: ['1', '1', null], after: null },
      { change: 'removed', before: ['1', '1', null], after: null },
      { change: 'added', before: null, after: ['3', null, null] },
    ]);
    expect(await ledger(workspace, second.loadId)).toMatchObject({ added: 1, removed: 2, changed: null });
  });

  test('is what one finds who compares the rows by hand', async () => {
    const workspace = await createWorkspace();
    workspace.write('feeds/prices.yaml', `${FEED}key: id\n`);
    const version = fc.uniqueArray(
      fc.record({ id: fc.integer({ min: 0, max: 9 }), price: fc.integer({ min: 0, max: 2 }) }),
      {
        selector: ({ id }) => id,
        minLength: 1,
      },
    );
    let before = new Map<number, number>();
    await fc.assert(
      fc.asyncProperty(version, async (rows) => {
        const result = await load(workspace, rows.map(({ id, price }) => `${id},${price},\n`).join(''));
        const after = new Map(rows.map(({ id, price }) => [id, price]));
        const isFirst = before.size === 0;
        if (!isFirst && result.outcome === 'loaded') {
          const { counts } = await diffOf(workspace, result.loadId!);
          expect(counts).toEqual({
            rowsBefore: before.size,
            rowsAfter: after.size,
            added: [...after.keys()].filter((id) => !before.has(id)).length,
            removed: [...before.keys()].filter((id) => !after.has(id)).length,
            changed: [...after].filter(([id, price]) => before.has(id) && before.get(id) !== price).length,
          });
        }
        before = after;
      }),
      { numRuns: 8, endOnFailure: true },
    );
  });
});

describe('what can be compared', () => {
  test('are versions that are kept; a rollback and what is held too', async () => {
    const workspace = await createWorkspace();
    workspace.write(
      'feeds/prices.yaml',
      `${FEED.replace('min_rows_percent: 0', 'min_rows_percent: 20')}key: id\n`,
    );
    const first = await load(workspace, '1,1,\n');
    await expect(diffOf(workspace, first.loadId!)).rejects.toMatchObject({
      code: 'not_comparable',
      message: `No version before that of load ${first.loadId} is kept. Of prices for agency_a there is load ${first.loadId} (live).`,
    });
    const second = await load(workspace, Array.from({ length: 9 }, (_, i) => `${i},1,\n`).join(''));
    const held = await load(workspace, '7,8,\n');
    expect(held.outcome).toBe('held');
    expect(await diffOf(workspace, held.loadId!)).toMatchObject({
      before: second.loadId,
      counts: { added: 0, removed: 8, changed: 1 },
    });
    await workspace.tally(['load', '--accept-held', held.loadId!]);
    expect(await ledger(workspace, held.loadId)).toMatchObject({ compared_with: second.loadId, removed: 8 });
    await expect(diffOf(workspace, held.loadId!, first.loadId!)).rejects.toMatchObject({
      message: `The rows of load ${first.loadId} are not kept. Of prices for agency_a there are load ${held.loadId} (live), load ${second.loadId} (previous).`,
      hint: expect.stringContaining('TALLY_KEEP_VERSIONS'),
    });
    await workspace.tally(['rollback', '--feed', 'prices', '--agency', 'agency_a']);
    const third = await load(workspace, '0,1,\n1,1,\n2,1,\n3,1,\n4,1,\n5,1,\n6,1,\n');
    expect(await ledger(workspace, third.loadId)).toMatchObject({
      compared_with: second.loadId,
      removed: 2,
      added: 0,
    });
  });
});
