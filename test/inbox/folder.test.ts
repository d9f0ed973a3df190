import { afterAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fingerprint, listInbox } from '../../src/inbox/folder.js';

const root = mkdtempSync(join(tmpdir(), 'tally-inbox-'));
let inbox: string;
let count = 0;

beforeEach(() => {
  inbox = join(root, String(++count));
  mkdirSync(inbox);
});

afterAll(() => rmSync(root, { recursive: true, force: true }));

const put = (name: string, content = 'x') => writeFileSync(join(inbox, name), content);
const namesOf = async () => (await listInbox(inbox)).found.map((each) => each.name);

describe('listInbox', () => {
  test('lists what lies in folders below it, too, and says what is a folder', async () => {
    mkdirSync(join(inbox, 'agency_a', 'march'), { recursive: true });
    put('orders.csv');
    put('agency_a/march/customers.csv');
    const { found, errors } = await listInbox(inbox);
    expect(errors).toEqual([]);
    expect(new Map(found.map((each) => [each.name, each.isFolder]))).toEqual(
      new Map([
        ['agency_a', true],
        ['agency_a/march', true],
        ['agency_a/march/customers.csv', false],
        ['orders.csv', false],
      ]),
    );
  });

  test('a file arrived when it came to lie here, whatever time the agency gave it', async () => {
    put('old.csv');
    utimesSync(join(inbox, 'old.csv'), new Date('2001-01-01'), new Date('2001-01-01'));
    const [found] = (await listInbox(inbox)).found;
    expect(Date.now() - found!.arrivedAt.getTime()).toBeLessThan(60_000);
  });

  test('leaves alone what is hidden or not whole yet, and what lies in a hidden folder', async () => {
    for (const name of [
      '.hidden.csv',
      'a.csv.tmp',
      'b.csv.PART',
      'c.crdownload',
      'd.filepart',
      'e.csv~',
      'f.csv.sha256',
    ])
      put(name);
    mkdirSync(join(inbox, '.trash'));
    put('.trash/orders.csv');
    put('orders.csv');
    expect(await namesOf()).toEqual(['orders.csv']);
  });

  test('names may hold quotes, line breaks, dashes, blanks and any letter', async () => {
    const names = [
      '--force',
      ' leading blank.csv',
      'it\'s "quoted".csv',
      'line\nbreak.csv',
      'Zürich 東京.csv',
      '$(touch x).csv',
    ];
    for (const name of names) put(name);
    expect((await namesOf()).sort()).toEqual([...names].sort());
  });

  test('a link that leads nowhere is a delivery that cannot be read, not nothing', async () => {
    symlinkSync('/nowhere/at/all', join(inbox, 'orders.csv'));
    expect(await namesOf()).toEqual(['orders.csv']);
  });

  test('a name that is not UTF-8 is told, and the rest is listed', async () => {
    try {
      writeFileSync(
        Buffer.concat([Buffer.from(`${inbox}/z`), Buffer.from([0xfc]), Buffer.from('rich.csv')]),
        'x',
      );
    } catch {
      // Some file systems take no such name, and so have no such trouble.
    }
    if (readdirSync(inbox).length === 0) return;
    put('orders.csv');
    const { found, errors } = await listInbox(inbox);
    expect(found.map((each) => each.name)).toEqual(['orders.csv']);
    expect(errors).toMatchObject([
      { code: 'file_unreadable', message: expect.stringContaining('is not UTF-8') },
    ]);
  });

  test('an inbox that is not there is told', async () => {
    const { found, errors } = await listInbox(join(inbox, 'missing'));
    expect(found).toEqual([]);
    expect(errors).toMatchObject([{ code: 'file_missing', hint: expect.stringContaining('TALLY_INBOX') }]);
  });

  test('an inbox that is a file is told', async () => {
    put('inbox');
    expect((await listInbox(join(inbox, 'inbox'))).errors).toMatchObject([{ code: 'file_unreadable' }]);
  });
});

describe('fingerprint', () => {
  test('is the size and the checksum of the bytes', async () => {
    put('a.csv', 'abc');
    const sha256 = createHash('sha256').update('abc').digest('hex');
    expect(await fingerprint(join(inbox, 'a.csv'))).toMatchObject({ size: 3, sha256 });
  });

  test.each([0, 1, 524_287, 524_288, 524_289, 1_048_576, 1_500_000])('of %d bytes, too', async (size) => {
    const bytes = Buffer.alloc(size, 'one block after the other');
    writeFileSync(join(inbox, 'a.csv'), bytes);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    expect(await fingerprint(join(inbox, 'a.csv'))).toMatchObject({ size, sha256 });
  });

  test('a folder is no file', async () => {
    await expect(fingerprint(inbox)).rejects.toMatchObject({
      code: 'file_not_regular',
      message: `${inbox} is a folder; expected a file.`,
    });
  });

  test('a file that is gone is missing, and a link that leads nowhere cannot be read', async () => {
    symlinkSync('/nowhere/at/all', join(inbox, 'link.csv'));
    await expect(fingerprint(join(inbox, 'gone.csv'))).rejects.toMatchObject({
      code: 'file_missing',
      message: expect.stringContaining('There is no file'),
    });
    await expect(fingerprint(join(inbox, 'link.csv'))).rejects.toMatchObject({
      code: 'file_unreadable',
      message: expect.stringContaining('is a link to'),
    });
  });
});

describe('what this user may not read', () => {
  test('is told: a file by fingerprint, a folder by the listing, which goes on', async () => {
    put('closed.csv');
    chmodSync(join(inbox, 'closed.csv'), 0o000);
    mkdirSync(join(inbox, 'closed'), { mode: 0o000 });
    put('orders.csv');
    chmodSync(root, 0o755);
    await asOrdinaryUser(async () => {
      await expect(fingerprint(join(inbox, 'closed.csv'))).rejects.toMatchObject({
        code: 'file_unreadable',
        message: expect.stringMatching(/closed\.csv cannot be read: EACCES/),
      });
      const { found, errors } = await listInbox(inbox);
      expect(found.map((each) => each.name).sort()).toEqual(['closed', 'closed.csv', 'orders.csv']);
      expect(errors).toMatchObject([
        { code: 'file_unreadable', message: expect.stringMatching(/closed cannot be read: EACCES/) },
      ]);
    });
    chmodSync(join(inbox, 'closed'), 0o700);
  });
});

/** To root nothing is closed, so root becomes someone else for as long as this takes. */
async function asOrdinaryUser(work: () => Promise<void>): Promise<void> {
  const isRoot = process.getuid!() === 0;
  if (isRoot) process.seteuid!(65534);
  try {
    await work();
  } finally {
    if (isRoot) process.seteuid!(0);
  }
}
