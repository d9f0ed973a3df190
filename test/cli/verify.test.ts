import { beforeAll, describe, expect, test } from '@jest/globals';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { createWorkspace, type Workspace } from '../setup/workspace.js';
import { documentOf, expectError, expectNoStack } from './ran.js';

const HEADER = 'customer_number,customer_rating,customer_rating_limit,customer_status\n';

let workspace: Workspace;
beforeAll(async () => {
  workspace = await createWorkspace();
  workspace.write(
    'inbox/customer_rating_agency_a_20261119.csv',
    `${HEADER}1,10,100,regular\nx,1,1,new\n3,30,100,new\n`,
  );
  workspace.write('inbox/customer_rating_agency_b_20261119.csv', `${HEADER}1,10,100,"a\u0007b"\n`);
  await workspace.run();
});

// One after the other: the first finds all well, the last leaves little as it was.
describe('tally verify', () => {
  test('says of each load that readers see that it is verified', async () => {
    const ran = await workspace.tally(['verify']);
    expectNoStack(ran);
    expect(ran.code).toBe(0);
    expect(ran.stdout).toMatch(
      /^ +1 +customer_rating +agency_a +2026-11-19 +3 +2 +1 +[0-9a-f]{12} +verified *$/m,
    );
    expect(ran.stdout).toContain('2 loads verified.');
    expect(ran.stderr).toContain('load 1, customer_rating_agency_a_20261119.csv: verified, 3 rows');
    expect(await workspace.tally(['verify', '--quiet', '--rows'])).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
    });
  });

  test('with --rows says that it compared row for row', async () => {
    const ran = await workspace.tally(['verify', '--load', '1', '--rows']);
    expect(ran.stdout).toMatch(/verified row for row *$/m);
    expect(ran.stdout).toContain('1 load verified.');
  });

  test('is an error that names line, row and column where a value was changed', async () => {
    await workspace.query(
      'update customer_rating_agency_a set customer_rating = 31 where customer_number = 3',
    );
    await workspace.query("update customer_rating_agency_b set customer_status = E'a\\u0008b'");
    const ran = await workspace.tally(['verify']);
    expectNoStack(ran);
    expect(ran.code).toBe(1);
    expect(ran.stdout).toContain(
      'customer_rating_agency_a_20261119.csv (load 1, warehouse_differs): 1 difference between the file of load 1 and the warehouse.\n' +
        '  line 4: customer_rating: expected `30`, found `31`   row: 3,30,100,new\n' +
        '  To put the rows back as they were delivered: tally load FILE --force\n',
    );
    // A terminal would obey a control character.
    expect(ran.stdout).toContain('line 2: customer_status: expected `a\\u0007b`, found `a\\u0008b`');
    expect(ran.stdout).toContain('0 loads verified, 2 with differences.');
    const quiet = await workspace.tally(['verify', '--quiet', '--agency', 'Agency A']);
    expect(quiet).toMatchObject({ code: 1, stdout: '' });
    expect(quiet.stderr).toContain('line 4: customer_rating: expected `30`, found `31`');
  });

  test('--json gives the differences, and the ledger keeps them', async () => {
    const ran = await workspace.tally(['verify', '--load', '1', '--json']);
    expect(ran).toMatchObject({ code: 1, stderr: '' });
    const differences = [
      {
        kind: 'row',
        line: 4,
        row: '3,30,100,new',
        columns: [{ column: 'customer_rating', expected: '30', found: '31' }],
        message: 'line 4: customer_rating: expected `30`, found `31`',
      },
    ];
    expect(documentOf<Record<string, unknown>[]>(ran)).toMatchObject([
      { load_id: 1, outcome: 'different', code: 'warehouse_differs', difference_count: 1, differences },
    ]);
    expect(
      await workspace.query(
        'select outcome, found from tally.verifications order by verification_id desc limit 1',
      ),
    ).toEqual([{ outcome: 'different', found: differences }]);
  });

  test('exits with 3 where nothing differs and something could not be verified', async () => {
    await workspace.query(
      'update customer_rating_agency_a set customer_rating = 30 where customer_number = 3',
    );
    rmSync(
      join(workspace.folder, 'archive/customer_rating/2026-11-19/customer_rating_agency_b_20261119.csv'),
    );
    const ran = await workspace.tally(['verify']);
    expect(ran.code).toBe(3);
    expect(ran.stdout).toContain('If it lies elsewhere: tally verify --load 2 --file FILE');
    expect(ran.stdout).toContain('1 load verified, 1 that could not be verified.');
  });

  test.each([
    [['--load', '99'], 'unknown_load', 2, 'There is no load 99.'],
    [['--load', 'x'], 'usage', 2, 'expected the number of a load, got `x`'],
    [['--load', '1', '--feed', 'items'], 'usage', 2, 'expected either --load, or --feed and --agency.'],
    [['--file', 'x.csv'], 'usage', 2, 'expected --load with --file'],
    [['--feed', 'itens'], 'not_verifiable', 3, 'There is no live load of the feed itens.'],
  ])('%j is refused', async (args, code, exit, says) => {
    expectError(await workspace.tally(['verify', ...args]), code, exit, says);
  });

  test('of a warehouse without a load verifies nothing, and says so', async () => {
    const empty = await createWorkspace();
    const ran = await empty.tally(['verify']);
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(ran.stdout).toBe('Nothing was verified: there is no load whose rows readers see.\n');
  });
});
