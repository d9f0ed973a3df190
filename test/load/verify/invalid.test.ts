import { describe, expect, test } from '@jest/globals';
import { createWorkspace } from '../../setup/workspace.js';
import { load, rated, told, verifyOne } from './verifying.js';

describe('invalid rows', () => {
  test('whose bytes were changed are found', async () => {
    const workspace = await rated();
    await workspace.query("update file_invalid_rows set raw = 'y,30,100,regular' where line_number = 4");
    const done = await verifyOne(workspace);
    expect(done.differenceCount).toBe(1);
    expect(done.differences).toMatchObject([
      {
        kind: 'invalid_row',
        line: 4,
        row: 'x,30,100,regular',
        columns: [{ column: 'raw', expected: 'x,30,100,regular', found: 'y,30,100,regular' }],
      },
    ]);
  });

  test('that were deleted, added, or moved to another line are found', async () => {
    const workspace = await rated();
    await workspace.query('delete from file_invalid_rows where line_number = 4');
    expect(told(await verifyOne(workspace))).toEqual([
      'invalid_row: line 4 is invalid, and is not in file_invalid_rows | x,30,100,regular',
    ]);
    await workspace.query(
      "insert into file_invalid_rows select load_id, n, feed, agency, file_name, table_name, '2,20,100,high-value', reasons, summary from file_invalid_rows, (values (1), (3), (99)) as line (n) where line_number = 5",
    );
    expect(told(await verifyOne(workspace))).toEqual([
      'invalid_row: file_invalid_rows has a row of line 1, on which no row of the file begins',
      'invalid_row: line 3 is valid, and is in file_invalid_rows | 2,20,100,high-value',
      'invalid_row: line 4 is invalid, and is not in file_invalid_rows | x,30,100,regular',
      'invalid_row: file_invalid_rows has a row of line 99, on which no row of the file begins',
    ]);
  });

  test('are compared in bounded steps, however many there are', async () => {
    const workspace = await createWorkspace();
    workspace.write(
      'feeds/numbers.yaml',
      'title: N.\nfiles: [numbers.csv]\nmode: replace\nguards: { max_invalid_percent: 100 }\ncolumns:\n  - { name: id, type: integer, required: true }\n',
    );
    let text = 'id\n';
    for (let i = 0; i < 250_000; i++) text += i % 3 === 0 ? `${i}\n` : `a${i}\n`;
    await load(workspace, 'numbers.csv', text);
    expect(await verifyOne(workspace)).toMatchObject({
      outcome: 'verified',
      counted: { rowsInvalid: 166_666 },
    });
    await workspace.query('delete from file_invalid_rows where line_number in (3, 100000, 250000)');
    const done = await verifyOne(workspace, { limit: 2 });
    expect(done.differenceCount).toBe(3);
    expect(done.differences.map(({ line, row }) => [line, row])).toEqual([
      [3, 'a1'],
      [100000, 'a99998'],
    ]);
  });
});
