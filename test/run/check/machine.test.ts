import { expect, test } from '@jest/globals';
import { checkDisks, findDisks } from '../../../src/run/check/disk.js';
import { psql } from '../../../src/run/check/finding.js';
import { checkSoftware } from '../../../src/run/check/software.js';
import { createWorkspace } from '../../setup/workspace.js';

const GIB = 1024 ** 3;

test('Node is new enough, or is told with what is wanted', () => {
  expect(checkSoftware()).toMatchObject([{ name: 'software', state: 'ok' }]);
  for (const version of ['20.19.0', '20.20.2', '22.0.0']) expect(checkSoftware(version)[0]!.state).toBe('ok');
  for (const version of ['18.20.4', '20.18.9'])
    expect(checkSoftware(version)).toMatchObject([
      {
        state: 'trouble',
        expected: 'Node 20.19 or newer',
        actual: expect.stringContaining(version),
        mend: 'install Node 20.19 or newer',
      },
    ]);
});

test('a disk that has too little room left is named by what lies on it', () => {
  const disk = { holds: ['output', 'archive'], freeBytes: 0.5 * GIB, wantedBytes: GIB };
  expect(checkDisks([disk, { ...disk, freeBytes: GIB }])).toMatchObject([
    {
      name: 'disk',
      state: 'trouble',
      expected: '1.0 GiB free or more',
      actual: '0.5 GiB free (output, archive)',
      mend: expect.stringContaining('tally clean --dry-run'),
    },
    { state: 'ok' },
  ]);
});

test('the embedded database needs room for the largest table once more', async () => {
  const workspace = await createWorkspace({ database: false });
  const disks = await findDisks(workspace.config(), {
    dataDirectory: workspace.folder,
    largestVersion: 3 * GIB,
  });
  expect(disks).toMatchObject([{ holds: ['output', 'archive', 'embedded database'], wantedBytes: 7 * GIB }]);
  expect(disks[0]!.freeBytes).toBeGreaterThan(0);
});

test('a statement as a command survives the shell', () => {
  expect(psql(`alter table "a" add check (b = 'c')`)).toBe(
    `psql "$(tally db url)" -c 'alter table "a" add check (b = '\\''c'\\'')'`,
  );
});
