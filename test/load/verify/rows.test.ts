import { beforeAll, describe, expect, test } from '@jest/globals';
import { createWorkspace, type Workspace } from '../../setup/workspace.js';
import { FILE, HEADER, load, rated, TABLE, told, verifyOne } from './verifying.js';

describe('a value that was changed in the table is found, with line, row and column', () => {
  const TYPES: [type: string, value: string, other: string, found: string | null][] = [
    ['integer', '7', '8', '8'],
    ['bigint', '9007199254740993', '9007199254740992', '9007199254740992'],
    ['numeric', '1.50', "'1.5'", '1.5'],
    ['numeric(9,2)', '1.50', "'1.51'", '1.51'],
    ['boolean', 'yes', 'false', 'false'],
    ['text', 'a', "'a '", 'a '],
    ['text', '', "''", ''],
    ['text', 'é', "E'e\\u0301'", 'e\u0301'],
    ['varchar(5)', 'abc', 'null', null],
    ['date', '2020-01-31', "'2020-02-01'", '2020-02-01'],
    [
      'timestamp',
      '2020-01-31 10:00:00.000001+00',
      "'2020-01-31 10:00:00.000002+00'",
      '2020-01-31 10:00:00.000002+00',
    ],
    [
      'uuid',
      '00000000-0000-0000-0000-00000000000A',
      "'00000000-0000-0000-0000-00000000000b'",
      '00000000-0000-0000-0000-00000000000b',
    ],
    ['email', 'a@b.ch', "'a@B.ch'", 'a@B.ch'],
    ['json', '{"b": 1.0, "a": [2]}', `'{"a": [2], "b": 1.00}'`, '{"a": [2], "b": 1.00}'],
  ];

  let workspace: Workspace;
  const columnOf = (nth: number) => `value_${nth}`;
  beforeAll(async () => {
    workspace = await createWorkspace();
    const columns = TYPES.map(([type], nth) => `  - { name: ${columnOf(nth)}, type: "${type}" }\n`).join('');
    workspace.write(
      'feeds/things.yaml',
      `title: Things.\nfiles: [things.csv]\nmode: replace\ncolumns:\n  - { name: id, type: integer }\n${columns}`,
    );
    const values = TYPES.map(([, value]) => `"${value.replaceAll('"', '""')}"`).join(',');
    const names = TYPES.map((_, nth) => columnOf(nth)).join(',');
    await load(workspace, 'things.csv', `id,${names}\n1,${values}\n2,${values}\n3,${values}\n`);
  });

  test.each(TYPES.map((each, nth) => [...each, nth] as const))(
    '%s `%s`',
    async (_, value, other, found, nth) => {
      const column = columnOf(nth);
      expect(await verifyOne(workspace)).toMatchObject({ outcome: 'verified' });
      await workspace.query(`update things set ${column} = ${other} where id = 2`);
      const done = await verifyOne(workspace);
      expect(done).toMatchObject({ outcome: 'different', code: 'warehouse_differs', differenceCount: 1 });
      expect(done.differences).toMatchObject([{ kind: 'row', line: 3, columns: [{ column, found }] }]);
      expect(done.differences[0]!.row).toMatch(/^2,/);
      expect(done.differences[0]!.row).toContain(value.split('"')[0]);
      expect(done.tableDigest).not.toBe(done.fileDigest);
      expect(
        await workspace.query(
          "select outcome, found -> 0 ->> 'line' as line from tally.verifications order by verification_id desc limit 1",
        ),
      ).toEqual([{ outcome: 'different', line: '3' }]);
      await workspace.query(
        `update things set ${column} = (select ${column} from things where id = 1) where id = 2`,
      );
    },
  );
});

describe('rows', () => {
  test('that were deleted are found', async () => {
    const workspace = await rated();
    await workspace.query(`delete from ${TABLE} where customer_number = 2`);
    const done = await verifyOne(workspace);
    expect(told(done)).toEqual(['row: line 3 is not in the table | 2,20,100,high-value']);
  });

  test('that were added are found, and those that were added once more', async () => {
    const workspace = await rated();
    await workspace.query(
      `insert into ${TABLE} values ('agency_a', 77, 78, 79, 'x'), ('agency_a', 1, 10, 100, 'regular')`,
    );
    const done = await verifyOne(workspace);
    expect(done.differenceCount).toBe(2);
    expect(told(done).sort()).toEqual([
      'row: the table has a row 2 times, more often than the file | 1,10,100,regular',
      'row: the table has a row that is not in the file | 77,78,79,x',
    ]);
  });

  test('that occur twice in the file and once in the table are found', async () => {
    const workspace = await rated();
    await workspace.query(
      `delete from ${TABLE} where ctid = (select max(ctid) from ${TABLE} where customer_number = 5)`,
    );
    expect(told(await verifyOne(workspace))).toEqual(['row: line 8 is not in the table | 5,50,100,new']);
  });

  test('that changed all at once are counted, and the first are told with their lines', async () => {
    const workspace = await createWorkspace();
    let text = HEADER;
    for (let i = 1; i <= 3000; i++) text += `${i},${i % 100},100,regular\n`;
    await load(workspace, FILE, text);
    await workspace.query(`update ${TABLE} set customer_rating = customer_rating + 1`);
    const done = await verifyOne(workspace, { limit: 3 });
    expect(done.differenceCount).toBe(3000);
    expect(told(done)).toEqual([
      'row: line 2: customer_rating: expected `1`, found `2` | 1,1,100,regular',
      'row: line 3: customer_rating: expected `2`, found `3` | 2,2,100,regular',
      'row: line 4: customer_rating: expected `3`, found `4` | 3,3,100,regular',
    ]);
    await workspace.query(`delete from ${TABLE}`);
    expect(await verifyOne(workspace, { limit: 1 })).toMatchObject({
      differenceCount: 3000,
      differences: [{ message: 'line 2 is not in the table' }],
    });
  });

  test('with long values are shown where they begin to differ', async () => {
    const workspace = await createWorkspace();
    workspace.write(
      'feeds/notes.yaml',
      'title: Notes.\nfiles: [notes.csv]\nmode: replace\ncolumns:\n  - { name: id, type: integer }\n  - { name: note, type: text }\n',
    );
    await load(workspace, 'notes.csv', `id,note\n1,${'x'.repeat(1000)}y\n`);
    await workspace.query("update notes set note = replace(note, 'y', 'z')");
    const [difference] = (await verifyOne(workspace)).differences;
    expect(difference!.columns).toEqual([
      { column: 'note', expected: `…${'x'.repeat(40)}y`, found: `…${'x'.repeat(40)}z` },
    ]);
  });

  test('of a column that was dropped cannot be as they were', async () => {
    const workspace = await createWorkspace();
    await load(workspace, 'sales_channels.csv', 'id,name\n1,Web\n');
    await workspace.query('alter table sales_channels drop column name cascade');
    const done = await verifyOne(workspace);
    expect(done.outcome).toBe('different');
    expect(told(done)).toEqual(['table: The table load_1 has no column name.']);
  });

  test('of another version than the live one are not what readers should see', async () => {
    const workspace = await rated();
    await workspace.query(
      `alter table ${TABLE} detach partition tally_version.load_1; create table tally_version.load_9 partition of ${TABLE} for values in ('agency_a')`,
    );
    expect(told(await verifyOne(workspace))).toEqual([
      `table: the table ${TABLE} consists of load_9; expected load_1, which the ledger says is live`,
    ]);
  });
});
