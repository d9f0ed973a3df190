import { beforeAll, describe, expect, test } from '@jest/globals';
import { createWorkspace, type Workspace } from '../setup/workspace.js';
import { documentOf, expectError } from './ran.js';

let workspace: Workspace;
beforeAll(async () => {
  workspace = await createWorkspace();
  const header = 'customer_number,customer_rating,customer_rating_limit,customer_status\n';
  const valid = Array.from({ length: 9 }, (_, i) => `${i},1,1,new\n`).join('');
  workspace.write(
    'inbox/customer_rating_agency_a_20261120.csv',
    `${header}${valid}x,1,1,=new\ny,1,1,new\nz,1,1,new\n`,
  );
  await workspace.run();
});

const SHEET = 'output/invalid_rows_of_load_1.csv';

describe('from the file to the table', () => {
  test('export writes a sheet, and not over another', async () => {
    const ran = await workspace.tally(['invalid', 'export', '--load', '1']);
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(ran.stdout).toMatch(
      /^3 open invalid rows of load 1: .*\/output\/invalid_rows_of_load_1\.csv\nCorrect /,
    );
    const lines = workspace.read(SHEET).split('\r\n');
    expect(lines[0]).toBe(
      '\ufeffstamp,line,reasons,customer_number,customer_rating,customer_rating_limit,customer_status,raw',
    );
    expect(lines[1]).toMatch(
      /^r1-11-[0-9a-f]{8},11,"customer_number: expected an integer, got `x`",x,1,1,'=new,$/,
    );
    expectError(await workspace.tally(['invalid', 'export', '--load', '1']), 'file_exists', 2, '--force');
    const shown = await workspace.tally(['invalid', 'export', '--load', '1', '-']);
    expect(shown.stdout).toBe(workspace.read(SHEET));
  });

  test('fix says what was loaded and what came back, and goes out with 3 as long as something did', async () => {
    const corrected = workspace
      .read(SHEET)
      .replace(',x,1', ',91,1')
      .replaceAll(/,z,1,1,new/g, ',93,1,1,new');
    workspace.write('sheet.csv', corrected);
    const ran = await workspace.tally(['invalid', 'fix', 'sheet.csv'], { env: { TALLY_USER: 'carla' } });
    expect(ran.code).toBe(3);
    expect(ran.stdout.split('\n')).toEqual([
      '2 rows of load 1 (customer_rating of agency_a) fixed and loaded.',
      expect.stringMatching(/^1 row came back: .*\/sheet\.back\.csv$/),
      '  line 12: customer_number: expected an integer, got `y`',
      '1 row of it is open.',
      '',
    ]);
    expect(
      await workspace.query('select distinct corrected_by as by, file_name as file from tally.corrections'),
    ).toEqual([{ by: 'carla', file: 'sheet.csv' }]);
    expect(workspace.read('output/Customer_Rating_Aggregate_Report_20261120.csv')).toContain(
      'agency_a,11,11,0,1,8.33',
    );

    workspace.write('back.csv', workspace.read('sheet.back.csv').replace(',y,', ',92,'));
    const last = await workspace.tally(['invalid', 'fix', 'back.csv', '--by', 'dora']);
    expect(last).toMatchObject({ code: 0, stderr: '' });
    expect(last.stdout).toContain('0 rows of it are open.');
    const again = documentOf(await workspace.tally(['invalid', 'fix', 'back.csv', '--json']));
    expect(again).toMatchObject({ fixed: 0, settled: 1, returned: 0, returned_file: null });
    const listed = await workspace.tally(['invalid', '--load', '1', '--status', 'open']);
    expect(listed.stdout).toBe('No invalid rows.\n');
    expect((await workspace.tally(['invalid'])).stdout).toContain('status');
  });
});

test('what is wrong is said with what to do', async () => {
  expectError(
    await workspace.tally(['invalid', 'export', '--load', '99']),
    'unknown_load',
    2,
    'There is no load 99',
  );
  expectError(await workspace.tally(['invalid', 'export']), 'usage', 2, '--load');
  expectError(
    await workspace.tally(['invalid', 'fix', 'nosuch.csv']),
    'file_unreadable',
    1,
    /nosuch.csv cannot be opened: there is no such file\./,
  );
  workspace.write('no-sheet.csv', 'a,b\n1,2\n');
  expectError(
    await workspace.tally(['invalid', 'fix', 'no-sheet.csv']),
    'sheet_malformed',
    1,
    'no column stamp',
  );
  const dismiss = ['invalid', 'dismiss', '--load', '1', '--why', 'x', '--line'];
  expectError(await workspace.tally([...dismiss, 'one']), 'usage', 2, 'expected the number of a line');
  expectError(await workspace.tally([...dismiss, '2']), 'usage', 2, 'has no invalid row on line 2');
});
