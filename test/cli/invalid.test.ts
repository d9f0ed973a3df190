import { beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import { createWorkspace, type Workspace } from '../setup/workspace.js';
import { documentOf } from './ran.js';

let workspace: Workspace;
beforeAll(async () => {
  workspace = await createWorkspace();
  const header = 'customer_number,customer_rating,customer_rating_limit,customer_status\n';
  workspace.write(
    'inbox/customer_rating_agency_a_20240305.csv',
    `${header}1,1,1,new\n2,1,1,new\n3,1,1,new\n=1+1,x,1,new\n@x,1,1,new\n,1,1,\u001b[31mred\n`,
  );
  workspace.write('inbox/customer_rating_agency_b_20240306.csv', `${header}1,1,1,new\n2,one,1,new\n`);
  workspace.write('inbox/barcodes_agency_b_20240307.csv', 'barcode,order_reference\nB1,O-1\nB1,O-2\n');
  await workspace.run();
});

const invalid = (...args: string[]) => workspace.tally(['invalid', ...args]);

interface Row {
  load_id: number;
  agency: string;
  line_number: number;
  raw: string;
  reasons: { column: string; rule: string }[];
}

describe('tally invalid', () => {
  test('is a table that fits a screen, the latest load first, and that the rows cannot write to', async () => {
    const ran = await invalid();
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(ran.stdout.split('\n').map((line) => line.replace(/ {2,}/g, '  ').trim())).toEqual([
      'load  feed  agency  line  why  row',
      '3  barcodes  agency_b  3  barcode: expected each barcode once, got `B1` again, which stands on line 2  B1,O-2',
      '2  customer_rating  agency_b  3  customer_rating: expected an integer, got `one`  2,one,1,new',
      '1  customer_rating  agency_a  5  customer_number: expected an integer, got `=1+1`; customer_rating: expected an integer, g…  =1+1,x,1,new',
      '1  customer_rating  agency_a  6  customer_number: expected an integer, got `@x`  @x,1,1,new',
      '1  customer_rating  agency_a  7  customer_number: expected a value, got none  ,1,1,\\u001b[31mred',
      '',
    ]);
  });

  test('as JSON has every reason of every row', async () => {
    for (const args of [['--json'], ['--format', 'json']]) {
      const rows = documentOf<Row[]>(await invalid(...args));
      expect(rows).toHaveLength(5);
      expect(rows[2]).toEqual({
        load_id: 1,
        feed: 'customer_rating',
        agency: 'agency_a',
        file_name: 'customer_rating_agency_a_20240305.csv',
        table_name: 'customer_rating_agency_a',
        line_number: 5,
        raw: '=1+1,x,1,new',
        reasons: [
          {
            column: 'customer_number',
            value: '=1+1',
            rule: 'type',
            message: 'expected an integer, got `=1+1`',
            first_line: null,
          },
          {
            column: 'customer_rating',
            value: 'x',
            rule: 'type',
            message: 'expected an integer, got `x`',
            first_line: null,
          },
        ],
        summary:
          'customer_number: expected an integer, got `=1+1`; customer_rating: expected an integer, got `x`',
        status: 'open',
      });
    }
  });

  test('as CSV opens in a spreadsheet, which finds no formula in it', async () => {
    const { stdout } = await invalid('--format', 'csv');
    expect(stdout.split('\n')[0]).toBe(
      'load_id,feed,agency,file_name,table_name,line_number,raw,summary,status',
    );
    const rows = parse<Record<string, string>>(stdout, { columns: true });
    expect(rows.map((row) => row.raw)).toEqual([
      'B1,O-2',
      '2,one,1,new',
      "'=1+1,x,1,new",
      "'@x,1,1,new",
      ',1,1,\u001b[31mred',
    ]);
    for (const value of rows.flatMap((row) => Object.values(row))) expect(value).not.toMatch(/^[=+\-@\t\r]/);
  });

  test('takes filters, alone and together', async () => {
    const linesOf = async (...filter: string[]) =>
      documentOf<Row[]>(await invalid('--json', ...filter)).map((row) => [row.load_id, row.line_number]);
    expect(await linesOf('--load', '2')).toEqual([[2, 3]]);
    expect(await linesOf('--agency', 'agency_b')).toEqual([
      [3, 3],
      [2, 3],
    ]);
    expect(await linesOf('--feed', 'barcodes')).toEqual([[3, 3]]);
    expect(await linesOf('--column', 'customer_rating')).toEqual([
      [2, 3],
      [1, 5],
    ]);
    expect(await linesOf('--rule', 'required')).toEqual([[1, 7]]);
    expect(
      await linesOf('--column', 'customer_number', '--rule', 'required', '--agency', 'agency_a'),
    ).toEqual([[1, 7]]);
    expect(await linesOf('--load', '999')).toEqual([]);
  });

  test('says when there is more than it shows', async () => {
    const ran = await invalid('--limit', '2');
    expect(ran.stdout.trimEnd().split('\n')).toHaveLength(3);
    expect(ran.stderr).toBe('2 of 5; more with --limit 5\n');
    expect((await invalid('--load', '999')).stdout).toBe('No invalid rows.\n');
  });
});
