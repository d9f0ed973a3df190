import { describe, expect, test } from '@jest/globals';
import { createWorkspace, type Workspace } from '../setup/workspace.js';

const HEADER = 'customer_number,customer_rating,customer_rating_limit,customer_status\n';

/** So many rows that their invalid ones get a table of their own. */
function ratings(rows: number, invalidEach: number, word = 'x'): string {
  let text = HEADER;
  for (let i = 1; i <= rows; i++) text += `${i % invalidEach === 0 ? `${word}${i}` : i},7,100,regular\n`;
  return text;
}

async function load(workspace: Workspace, content: string | Buffer, date: string) {
  workspace.write('files/Customer Rating Agency A Inc.csv', content);
  return workspace.load('files/Customer Rating Agency A Inc.csv', { date });
}

const ownTables = (workspace: Workspace) =>
  workspace.query("select relname as name from pg_class where relname like 'invalid\\_%' and relkind = 'r'");

describe('many invalid rows', () => {
  test('are a part of file_invalid_rows like any others', async () => {
    const workspace = await createWorkspace();
    const few = await load(workspace, ratings(20, 10, 'ä\t\\'), '2026-11-18');
    const many = await load(workspace, ratings(40_000, 2, 'é\t\\'), '2026-11-19');
    expect(few).toMatchObject({ outcome: 'loaded', rowsInvalid: 2 });
    expect(many).toMatchObject({
      outcome: 'loaded',
      rowsRead: 40_000,
      rowsLoaded: 20_000,
      rowsInvalid: 20_000,
    });
    expect(await ownTables(workspace)).toEqual([{ name: `invalid_${many.loadId}` }]);

    const shown = await workspace.query(
      `select load_id::int, line_number::int, feed, agency, file_name, table_name, tally.readable(raw) as raw,
         reasons -> 0 ->> 'value' as value, summary, status
       from file_invalid_rows where line_number in (11, 3) order by load_id`,
    );
    const same = {
      feed: 'customer_rating',
      agency: 'agency_a',
      file_name: 'Customer Rating Agency A Inc.csv',
      table_name: 'customer_rating_agency_a',
      status: 'open',
    };
    const [a, b] = ['ä\t\\10', 'é\t\\2'];
    expect(shown).toEqual([
      {
        ...same,
        load_id: Number(few.loadId),
        line_number: 11,
        raw: `${a},7,100,regular`,
        value: a,
        summary: `customer_number: expected an integer, got \`${a}\``,
      },
      {
        ...same,
        load_id: Number(many.loadId),
        line_number: 3,
        raw: `${b},7,100,regular`,
        value: b,
        summary: `customer_number: expected an integer, got \`${b}\``,
      },
      {
        ...same,
        load_id: Number(many.loadId),
        line_number: 11,
        raw: 'é\t\\10,7,100,regular',
        value: 'é\t\\10',
        summary: 'customer_number: expected an integer, got `é\t\\10`',
      },
    ]);
    await expect(workspace.query("update file_invalid_rows set status = 'else'")).rejects.toThrow(
      'status_check',
    );
    await workspace.query("update file_invalid_rows set status = 'dismissed' where line_number = 11");
    expect(
      await workspace.query("select count(*)::int as n from file_invalid_rows where status = 'dismissed'"),
    ).toEqual([{ n: 2 }]);
  });

  test('keep every byte, whatever it is', async () => {
    const workspace = await createWorkspace();
    const bytes = Buffer.from(
      Array.from({ length: 256 }, (_, i) => i).filter((i) => ![10, 13, 34, 44].includes(i)),
    );
    const line = Buffer.concat([bytes, Buffer.from(',x\n')]);
    await load(workspace, Buffer.concat([Buffer.from(ratings(3, 9)), line]), '2026-11-18');
    const many = Buffer.concat([
      Buffer.from(ratings(12_000, 1)),
      line,
      Buffer.from(ratings(12_000, 2).slice(HEADER.length)),
    ]);
    await load(workspace, many, '2026-11-19');
    const rows = await workspace.query<{ raw: Buffer }>(
      'select raw from file_invalid_rows where length(raw) > 200 order by load_id',
    );
    expect(rows.map(({ raw }) => raw.equals(line.subarray(0, -1)))).toEqual([true, true]);
  });

  test('of a load that is held are there, and stay when it is accepted', async () => {
    const workspace = await createWorkspace();
    await load(workspace, ratings(10, 100), '2026-11-18');
    const held = await load(workspace, `${ratings(20_000, 1)}7,7,100,new\n`, '2026-11-19');
    expect(held).toMatchObject({ outcome: 'held', rowsInvalid: 20_000 });
    const count = () => workspace.query('select count(*)::int as n from file_invalid_rows');
    expect(await count()).toEqual([{ n: 20_000 }]);
    const accepted = await workspace.tally(['load', '--accept-held', String(held.loadId), '--json']);
    expect(accepted.code).toBe(0);
    expect(await count()).toEqual([{ n: 20_000 }]);
  });

  test('leave nothing when their load fails', async () => {
    const workspace = await createWorkspace();
    const failed = await load(workspace, `${ratings(20_000, 1)}"${'x'.repeat(2_000_000)}\n`, '2026-11-18');
    expect(failed).toMatchObject({ outcome: 'failed', code: 'row_too_long' });
    expect(await workspace.query('select count(*)::int as n from file_invalid_rows')).toEqual([{ n: 0 }]);
    expect(await ownTables(workspace)).toEqual([]);
  });

  test('whose load died after they were written are dropped by the next start', async () => {
    const workspace = await createWorkspace();
    const loaded = await load(workspace, ratings(20_000, 2), '2026-11-18');
    // As it is left when the process dies between the two commits.
    await workspace.query(`alter table tally_version.invalid_${loaded.loadId} no inherit file_invalid_rows`);
    await workspace.query(
      `with run as (
         insert into tally.runs (command, host, process_id, version) values ('run', 'here', 1, '0') returning run_id
       )
       update tally.loads
       set run_id = run.run_id, outcome = null, finished_at = null, rows_read = 0, rows_loaded = 0, rows_invalid = 0
       from run`,
    );
    expect(await ownTables(workspace)).toHaveLength(1);
    await workspace.run();
    expect(await ownTables(workspace)).toEqual([]);
    expect(await workspace.query('select outcome, code from tally.loads')).toEqual([
      { outcome: 'failed', code: 'load_crashed' },
    ]);
  });
});

describe('repeated keys', () => {
  test('that are many go the same way', async () => {
    const workspace = await createWorkspace();
    let text = 'barcode,order_reference\n';
    for (let i = 0; i < 20_000; i++) text += `${100_000 + (i % 12_000)},${i}\n`;
    workspace.write('files/barcodes_agency_a.csv', text);
    const result = await workspace.load('files/barcodes_agency_a.csv', {
      feed: 'barcodes',
      agency: 'agency_a',
      date: '2026-11-18',
    });
    expect(result).toMatchObject({ outcome: 'loaded', rowsRead: 20_000, rowsInvalid: 8000 });
    const [last] = await workspace.query(
      'select line_number::int, tally.readable(raw) as raw, summary from file_invalid_rows order by line_number desc limit 1',
    );
    expect(last).toEqual({
      line_number: 20_001,
      raw: '107999,19999',
      summary: 'barcode: expected each barcode once, got `107999` again, which stands on line 8001',
    });
  });
});
