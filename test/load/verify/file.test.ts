import { describe, expect, test } from '@jest/globals';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createWorkspace } from '../../setup/workspace.js';
import { archived, FILE, rated, RATINGS, told, verifyOne } from './verifying.js';

describe('the file', () => {
  test('of which a byte was changed is told with the line that differs', async () => {
    const workspace = await rated();
    const path = archived(workspace);
    writeFileSync(path, readFileSync(path, 'utf8').replace('2,20,100', '2,21,100'));
    const done = await verifyOne(workspace);
    expect(done).toMatchObject({ outcome: 'different', differenceCount: 2 });
    expect(told(done)).toEqual([
      expect.stringMatching(
        /^file: the file has the sha256 [0-9a-f]{64}; when it was delivered it was [0-9a-f]{64}$/,
      ),
      'row: line 3: customer_rating: expected `21`, found `20` | 2,21,100,high-value',
    ]);
  });

  test('that can no longer be read as a delivery differs', async () => {
    const workspace = await rated();
    writeFileSync(archived(workspace), 'nothing,of,it\n1,2,3\n');
    const done = await verifyOne(workspace);
    expect(done).toMatchObject({ outcome: 'different', counted: null });
    expect(done.differences.map(({ kind }) => kind)).toEqual(['file', 'file']);
    expect(done.differences[1]!.message).toContain('The header lacks customer_number');
  });

  test('that is gone makes the load unverifiable, until it is said where it is', async () => {
    const workspace = await rated();
    rmSync(archived(workspace));
    const done = await verifyOne(workspace);
    expect(done).toMatchObject({
      outcome: 'unverifiable',
      code: 'not_verifiable',
      message: expect.stringContaining('There is no file'),
      hint: 'If it lies elsewhere: tally verify --load 1 --file FILE',
    });
    const file = join(workspace.folder, 'files', FILE);
    expect(await verifyOne(workspace, { load: '1', file })).toMatchObject({ outcome: 'verified' });
  });

  test('that was never archived is found in the inbox by its content', async () => {
    const workspace = await createWorkspace();
    workspace.write(`inbox/${FILE}`, RATINGS);
    await workspace.run({ TALLY_ARCHIVE_DELIVERIES: 'off' });
    expect(await verifyOne(workspace)).toMatchObject({ outcome: 'verified' });
    workspace.write(`inbox/${FILE}`, `${RATINGS}9,9,9,new\n`);
    expect(await verifyOne(workspace)).toMatchObject({
      outcome: 'unverifiable',
      message: expect.stringContaining('no file of this name and content lies in the inbox'),
    });
  });
});
