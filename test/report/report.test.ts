import { beforeEach, describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findReport, readReport } from '../../src/report/report.js';
import { sqlFiles } from '../../src/warehouse/views.js';
import { rollBackAgency } from '../../src/run/run.js';
import { inSession } from '../../src/run/session.js';
import { createWorkspace, type Workspace } from '../setup/workspace.js';
import { documentOf, expectError } from '../cli/ran.js';

const HEADER = 'customer_number,customer_rating,customer_rating_limit,customer_status\n';
const TITLES =
  'customer,count_customer_number,sum_customer_rating,high_value_count,invalid_customer_number_count,invalid_customer_number_percent\n';
const rows = (...ratings: number[]) =>
  HEADER + ratings.map((rating, i) => `${i},${rating},100,regular\n`).join('');
const reportOf = (day: string) => `output/Customer_Rating_Aggregate_Report_${day}.csv`;

let workspace: Workspace;
beforeEach(async () => {
  workspace = await createWorkspace();
});

const manifestOf = (day: string) =>
  JSON.parse(workspace.read(`${reportOf(day)}.manifest.json`)) as Record<string, unknown>;

describe('a report file', () => {
  test('of the same data has the same bytes, and is not even touched', async () => {
    workspace.write('inbox/customer_rating_agency_a_20261120.csv', rows(10, 20));
    await workspace.run();
    const path = join(workspace.folder, reportOf('20261120'));
    const before = { bytes: readFileSync(path), inode: statSync(path).ino, mtime: statSync(path).mtimeMs };
    const { reports } = await workspace.run();
    expect(reports).toMatchObject([{ same: true, rows: 1 }]);
    expect({ bytes: readFileSync(path), inode: statSync(path).ino, mtime: statSync(path).mtimeMs }).toEqual(
      before,
    );
    expect(await workspace.query('select count(*)::int as count from tally.reports')).toEqual([{ count: 1 }]);
  });

  test('is told in the ledger, with its checksum, and in its manifest, with the load behind each line', async () => {
    workspace.write('inbox/customer_rating_agency_b_20261119.csv', rows(1));
    workspace.write('inbox/customer_rating_agency_a_20261120.csv', rows(10, 20));
    await workspace.run();
    const sha256 = createHash('sha256')
      .update(workspace.read(reportOf('20261120')))
      .digest('hex');
    const told = await workspace.query(
      "select run_id::int as run, report, report_date::text as date, file_name, rows::int as rows, sha256 from tally.reports where report_date = '2026-11-20'",
    );
    const file = 'Customer_Rating_Aggregate_Report_20261120.csv';
    expect(told).toEqual([
      { run: 1, report: 'customer_rating_aggregate', date: '2026-11-20', file_name: file, rows: 2, sha256 },
    ]);
    expect(manifestOf('20261120')).toEqual({
      report: 'customer_rating_aggregate',
      report_date: '2026-11-20',
      file,
      sha256,
      rows: 2,
      lines: [
        { customer: 'agency_a', load_id: 2, business_date: '2026-11-20' },
        { customer: 'agency_b', load_id: 1, business_date: '2026-11-19' },
      ],
      late: [
        { agency: 'agency_b', state: 'late', business_date: '2026-11-19', expected: '2026-11-20' },
        { agency: 'agency_c', state: 'missing', business_date: null, expected: '2026-11-20' },
        { agency: 'agency_d', state: 'missing', business_date: null, expected: '2026-11-20' },
      ],
      without_load: ['agency_c', 'agency_d'],
    });
  });

  test('is never seen half: whoever looks sees the one before or the one after, whole', async () => {
    workspace.write(
      'sql/reports/long.sql',
      "-- report: Long_{date:YYYYMMDD}.csv\nselect n, repeat('x', 200) as text from generate_series(1, 20000) as n\n",
    );
    await workspace.run();
    const path = join(workspace.folder, 'output/Long_20261120.csv');
    const whole = statSync(path).size;
    workspace.write(
      'sql/reports/long.sql',
      "-- report: Long_{date:YYYYMMDD}.csv\nselect n, repeat('y', 200) as text from generate_series(1, 20000) as n\n",
    );
    const seen = new Set<string>();
    const looking = setInterval(() => {
      const bytes = readFileSync(path);
      seen.add(`${bytes.length} ${String.fromCharCode(bytes[bytes.length - 2]!)}`);
    }, 1);
    await workspace.run();
    clearInterval(looking);
    expect([...seen].filter((each) => each !== `${whole} x` && each !== `${whole} y`)).toEqual([]);
    expect(seen.size).toBeGreaterThan(0);
    expect(readFileSync(path, 'utf8')).toContain('yyy');
    expect(readdirSync(join(workspace.folder, 'output')).filter((file) => file.includes('.tmp'))).toEqual([]);
  });

  test('that cannot be put in its place leaves the one before, and nothing half', async () => {
    workspace.write('inbox/customer_rating_agency_a_20261120.csv', rows(10));
    mkdirSync(join(workspace.folder, reportOf('20261120')));
    const { errors, loads } = await workspace.run();
    expect(loads).toMatchObject([{ outcome: 'loaded' }]);
    expect(errors).toMatchObject([
      { code: 'output_unwritable', hint: expect.stringContaining('tally report customer_rating_aggregate') },
    ]);
    expect(workspace.list('output').filter((file) => file.includes('.tmp'))).toEqual([]);
  });
});

describe('the report of a day', () => {
  test('is what was known of that day, whenever it is asked for', async () => {
    workspace.write('inbox/customer_rating_agency_a_20261118.csv', rows(18));
    workspace.write('inbox/customer_rating_agency_a_20261120.csv', rows(20));
    await workspace.run();
    const ran = await workspace.tally([
      'report',
      'customer_rating_aggregate',
      '--date',
      '2026-11-19',
      '--json',
    ]);
    expect(ran.code).toBe(0);
    expect(documentOf<unknown[]>(ran)).toMatchObject([
      { report: 'customer_rating_aggregate', date: '2026-11-19', rows: 1, same: false },
    ]);
    expect(workspace.read(reportOf('20261119'))).toBe(`${TITLES}agency_a,1,18,0,0,0.00\n`);
    expect(workspace.read(reportOf('20261120'))).toBe(`${TITLES}agency_a,1,20,0,0,0.00\n`);
    await workspace.tally(['report', '--date', '2026-11-17']);
    expect(workspace.read(reportOf('20261117'))).toBe(TITLES);
  });

  test('judges lateness by the end of a past day, and by the hour of today', async () => {
    workspace.now = new Date('2026-11-20T05:00:00Z');
    await workspace.run();
    expect(manifestOf('20261120').late).toContainEqual({
      agency: 'agency_a',
      state: 'missing',
      business_date: null,
      expected: '2026-11-19',
    });
    workspace.now = new Date('2026-11-20T06:30:00Z');
    await workspace.run();
    expect(manifestOf('20261120').late).toContainEqual({
      agency: 'agency_a',
      state: 'missing',
      business_date: null,
      expected: '2026-11-20',
    });
  });

  test('after a rollback tells what is live again', async () => {
    workspace.write('inbox/customer_rating_agency_a_20261119.csv', rows(1));
    workspace.write('inbox/customer_rating_agency_a_20261120.csv', rows(2));
    await workspace.run();
    await rollBack('agency_a');
    expect(workspace.read(reportOf('20261120'))).toBe(`${TITLES}agency_a,1,1,0,0,0.00\n`);
  });

  test('after the rollback of a corrected file of the same day tells what that day had before', async () => {
    workspace.write('inbox/customer_rating_agency_a_20261118.csv', rows(1));
    await workspace.run();
    workspace.write('inbox/customer_rating_agency_a_20261118.csv', rows(2));
    await workspace.run();
    expect(workspace.read(reportOf('20261118'))).toBe(`${TITLES}agency_a,1,2,0,0,0.00\n`);
    await rollBack('agency_a');
    expect(await workspace.query('select customer_rating from customer_rating')).toEqual([
      { customer_rating: 1 },
    ]);
    expect(
      await workspace.query(
        'select business_date::text, load_id::int, sum_customer_rating::int from rating_history',
      ),
    ).toEqual([{ business_date: '2026-11-18', load_id: 1, sum_customer_rating: 1 }]);
    for (const day of ['20261118', '20261120'])
      expect(workspace.read(reportOf(day))).toBe(`${TITLES}agency_a,1,1,0,0,0.00\n`);
  });

  test('counts a held load only once it is accepted', async () => {
    workspace.write('inbox/customer_rating_agency_a_20261119.csv', rows(1, 2, 3));
    await workspace.run();
    workspace.write('inbox/customer_rating_agency_a_20261120.csv', HEADER);
    const [held] = (await workspace.run()).loads;
    expect(workspace.read(reportOf('20261120'))).toBe(`${TITLES}agency_a,3,6,0,0,0.00\n`);
    expect((await workspace.tally(['load', '--accept-held', held!.loadId!])).code).toBe(0);
    await workspace.tally(['report', '--date', '2026-11-20']);
    expect(workspace.read(reportOf('20261120'))).toBe(`${TITLES}agency_a,0,0,0,0,0.00\n`);
  });
});

describe("a report of one's own", () => {
  test('is a select in the workspace: written with the others, and alone', async () => {
    workspace.write(
      'sql/reports/agencies.sql',
      '-- report: agencies-{date:YYYYMMDD}.txt\nselect $1::date as day, count(*) as loads from tally.loads\n',
    );
    const { reports } = await workspace.run();
    expect(reports.map((each) => each.report)).toEqual(['agencies', 'customer_rating_aggregate']);
    expect(workspace.read('output/agencies-20261120.txt')).toBe('day,loads\n2026-11-20,0\n');
    expect((await workspace.tally(['report', 'agencies', '--date', '2026-11-01'])).code).toBe(0);
    expect(workspace.read('output/agencies-20261101.txt')).toBe('day,loads\n2026-11-01,0\n');
    expect(existsSync(join(workspace.folder, reportOf('20261101')))).toBe(false);
  });

  test('takes the place of one that ships, by its name', async () => {
    workspace.write(
      'sql/reports/customer_rating_aggregate.sql',
      '-- report: Mine_{date:YYYYMMDD}.csv\nselect 1 as one\n',
    );
    await workspace.run();
    expect(workspace.list('output')).toEqual(['Mine_20261120.csv', 'Mine_20261120.csv.manifest.json']);
  });

  test('gives a spreadsheet no formula where it has text, and leaves numbers alone', async () => {
    const texts = ['=1+1', '+1', '-1', '@x', '\t=1', 'plain', 'a,b', 'say "x"', 'two\nlines'];
    const values = texts.map((text, i) => `(${-i}, '${text}'::text)`).join(', ');
    workspace.write(
      'sql/reports/texts.sql',
      `-- report: texts_{date:YYYYMMDD}.csv\nselect * from (values ${values}) as t(n, text)\n`,
    );
    await workspace.run();
    expect(workspace.read('output/texts_20261120.csv')).toBe(
      `n,text\n0,'=1+1\n-1,'+1\n-2,'-1\n-3,'@x\n-4,'\t=1\n-5,plain\n-6,"a,b"\n-7,"say ""x"""\n-8,"two\nlines"\n`,
    );
  });

  test('that needs a feed which this workspace does not have is not written', async () => {
    workspace.write(
      'sql/reports/other.sql',
      '-- report: other_{date:YYYYMMDD}.csv\n-- feed: nosuch\nselect * from nosuch\n',
    );
    expect(await workspace.run()).toMatchObject({
      errors: [],
      reports: [{ report: 'customer_rating_aggregate' }],
    });
  });

  test('that is wrong is told with its file and line', async () => {
    workspace.write('sql/reports/wrong.sql', '-- report: wrong_{date:YYYYMMDD}.csv\nselect\n  nosuch\n');
    expectError(
      await workspace.tally(['report', 'wrong']),
      'sql_invalid',
      1,
      /wrong\.sql:3: column "nosuch" does not exist/,
    );
    expect(workspace.list('output')).toEqual([]);
  });
});

test('a report that there is not is told, with the ones that there are', async () => {
  const files = sqlFiles('reports', workspace.folder);
  expect(findReport(files, 'customer_rating_aggregate').fileName).toBe(
    'Customer_Rating_Aggregate_Report_{date:YYYYMMDD}.csv',
  );
  expect(() => findReport(files, 'customer_rating_agregate')).toThrow(
    'There is no report customer_rating_agregate; did you mean customer_rating_aggregate?',
  );
  expectError(
    await workspace.tally(['report', 'nosuch']),
    'unknown_report',
    2,
    /Reports: .*customer_rating_aggregate, /,
  );
});

test('a report must say what its file is called', () => {
  const of = { isShipped: false, isReplacement: false };
  const file = { name: 'x', path: 'sql/reports/x.sql', text: '-- report: x.csv\nselect 1', ...of };
  expect(() => readReport(file)).toThrow(
    'sql/reports/x.sql:1: expected `-- report: NAME_{date:YYYYMMDD}.csv` at the top.',
  );
});

test('an output folder that cannot be made is told, and what was asked for is not written elsewhere', async () => {
  writeFileSync(join(workspace.folder, 'in-the-way'), '');
  const ran = await workspace.tally(['report'], { env: { TALLY_OUTPUT: 'in-the-way/output' } });
  expectError(
    ran,
    'output_unwritable',
    1,
    /The report customer_rating_aggregate could not be written to .*in-the-way\/output/,
  );
});

async function rollBack(agency: string): Promise<void> {
  const clock = { now: () => workspace.now };
  const config = { ...workspace.config(), logLevel: 'off' as const };
  await inSession({ config, clock, command: 'rollback' }, async (session) => ({
    result: await rollBackAgency(session, new AbortController().signal, 'customer_rating', agency),
    outcome: 'done',
  }));
}
