import { beforeAll, expect, test } from '@jest/globals';
import { createWorkspace, type Workspace } from '../setup/workspace.js';
import { documentOf, expectError } from './ran.js';

let workspace: Workspace;
beforeAll(async () => {
  workspace = await createWorkspace();
  workspace.write('inbox/barcodes_agency_a_20261118.csv', 'barcode,order_reference\nb1,7\nb2,\n=b3,\n');
  await workspace.run();
  workspace.write('inbox/barcodes_agency_a_20261119.csv', 'barcode,order_reference\n=b3,9\nb1,7\nb4,\n');
  workspace.write('inbox/usage_events_agency_a.csv', 'C-1,scan,e-1,2021-03-01 00:03:21.74+00\n');
  await workspace.run();
});

test('tally diff says how many rows differ, and shows them if asked', async () => {
  const counts =
    'Load 2 (2026-11-19) against load 1 (2026-11-18), barcodes of agency_a, by barcode:\n1 row added, 1 removed, 1 changed, 1 the same.\n';
  expect(await workspace.tally(['diff', '2'])).toEqual({ code: 0, stdout: counts, stderr: '' });
  const shown = await workspace.tally(['diff', '2', '1', '--rows', '--limit', '2']);
  expect(
    shown.stdout
      .replace(/ {2,}/g, '  ')
      .split('\n')
      .slice(3)
      .map((line) => line.trim()),
  ).toEqual(['change  barcode  order_reference', 'changed  =b3  (none) -> 9', 'removed  b2', '']);
  expect(shown.stderr).toBe('2 of 3; more with --limit 3, all with --csv\n');
  const csv = await workspace.tally(['diff', '2', '--csv']);
  expect(csv.stdout.split('\n')).toEqual([
    'change,barcode,order_reference',
    "changed from,'=b3,",
    "changed to,'=b3,9",
    'removed,b2,',
    'added,b4,',
    '',
  ]);
  expect(documentOf(await workspace.tally(['diff', '2', '--json']))).toMatchObject({
    added: 1,
    same: 1,
    rows: null,
  });
});

test('what cannot be compared is said', async () => {
  expectError(
    await workspace.tally(['diff', '1']),
    'not_comparable',
    2,
    'No version before that of load 1 is kept',
  );
  expectError(await workspace.tally(['diff', '3']), 'not_comparable', 2, 'usage_events has the mode append');
  expectError(await workspace.tally(['diff', '99']), 'unknown_load', 2, 'There is no load 99');
});
