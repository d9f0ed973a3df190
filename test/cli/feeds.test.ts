import { beforeAll, describe, expect, test } from '@jest/globals';
import { createWorkspace, type Workspace } from '../setup/workspace.js';
import { expectError } from './ran.js';

let workspace: Workspace;
beforeAll(async () => {
  workspace = await createWorkspace();
  const rows = Array.from(
    { length: 30 },
    (_, i) => `${1000 + i},${i}.50,2024-03-${String((i % 28) + 1).padStart(2, '0')}\n`,
  );
  workspace.write('sample.csv', `payment_id,amount,paid_on\n${rows.join('')}`);
});

test('tally feeds list names each feed with its mode and its files', async () => {
  const ran = await workspace.tally(['feeds', 'list']);
  expect(ran).toMatchObject({ code: 0, stderr: '' });
  expect(ran.stdout).toMatch(/^feed +mode +columns +files$/m);
  expect(ran.stdout).toMatch(/^customer_rating +replace +4 +Customer Rating \{agency\} Inc\.csv$/m);
  expect(ran.stdout).toMatch(/^usage_events +append +5 +\{agency\}\/usage_events_\{date:YYYYMMDD\}\.csv$/m);
});

describe('tally feeds check', () => {
  test('says that all is fine', async () => {
    expect(await workspace.tally(['feeds', 'check'])).toEqual({
      code: 0,
      stdout: '8 feeds and agencies.yaml are fine.\n',
      stderr: '',
    });
  });

  test('lists every fault with its file and line, with --quiet too', async () => {
    workspace.write(
      'feeds/mine.yaml',
      'title: T\nfiles: [mine.csv]\nmode: often\ncolumns: [{ name: a, type: number }]\n',
    );
    const ran = await workspace.tally(['feeds', 'check']);
    const quiet = await workspace.tally(['feeds', 'check', '--quiet']);
    workspace.write(
      'feeds/mine.yaml',
      'title: T\nfiles: [mine.csv]\nmode: replace\ncolumns: [{ name: a, type: text }]\n',
    );
    expect(ran).toMatchObject({
      code: 2,
      stdout: expect.stringMatching(
        /^feeds\/mine\.yaml:3: mode: .*\nfeeds\/mine\.yaml:4: columns\.0\.type: .*\n$/,
      ),
    });
    expect(quiet).toEqual({ code: 2, stdout: '', stderr: ran.stdout });
  });
});

describe('tally feeds infer', () => {
  test('prints a feed, or writes it, and a file of that feed is loaded with no other step', async () => {
    const printed = await workspace.tally(['feeds', 'infer', 'sample.csv', '--name', 'payments']);
    expect(printed.code).toBe(0);
    expect(printed.stdout).toMatch(/name: payment_id/);
    const written = await workspace.tally(['feeds', 'infer', 'sample.csv', '--name', 'payments', '--write']);
    expect(written).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(
        /^Written: feeds\/payments\.yaml\. Read it before you trust it: it was guessed from 30 rows\.\n/,
      ),
    });
    expect(workspace.read('feeds/payments.yaml').trimEnd()).toBe(printed.stdout.trimEnd());
    expectError(
      await workspace.tally(['feeds', 'infer', 'sample.csv', '--name', 'payments', '--write']),
      'usage',
      2,
      /payments\.yaml is there already/,
    );
    const loaded = await workspace.tally([
      'load',
      'sample.csv',
      '--feed',
      'payments',
      '--agency',
      'agency_a',
    ]);
    expect(loaded.code).toBe(0);
    expect(
      await workspace.query('select count(*)::int as count, sum(amount)::text as sum from payments'),
    ).toEqual([{ count: 30, sum: '450.00' }]);
  });

  test('says why it cannot', async () => {
    workspace.write('empty.csv', '');
    expectError(
      await workspace.tally(['feeds', 'infer', 'nosuch.csv']),
      'file_missing',
      1,
      /There is no file nosuch\.csv/,
    );
    expectError(
      await workspace.tally(['feeds', 'infer', 'inbox']),
      'file_not_regular',
      1,
      /inbox is a folder/,
    );
    expectError(
      await workspace.tally(['feeds', 'infer', 'empty.csv']),
      'file_empty',
      1,
      /empty\.csv is empty/,
    );
  });
});
