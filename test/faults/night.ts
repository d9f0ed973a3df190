import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { expect } from '@jest/globals';
import type { Ran, Workspace } from '../setup/workspace.js';

/** Rows of a delivery: two blocks of the file. */
const ROWS = 60_000;
/** With this, as many rows are invalid as get a table of their own. */
const EVERY_INVALID = 8;

/** One of the files that an agency delivers day by day, and what must come of it. */
export interface Edition {
  number: number;
  day: string;
  file: string;
  text: string;
  sha256: string;
  /** The one line of its report, with the header. */
  report: string;
}

interface LedgerLoad {
  load_id: string;
  outcome: string | null;
  live: boolean;
  code: string | null;
  rows_loaded: string;
  rows_invalid: string;
}

/**
 * An agency's nights: a delivery each, loaded over the rows of the one before. Whatever is done to a load, these
 * say what must hold afterwards.
 */
export class Nights {
  private edition = 0;
  private readonly digests = new Map<string, string>();

  constructor(
    private readonly workspace: Workspace,
    private readonly rows = ROWS,
  ) {
    // A folder that is watched must be there.
    mkdirSync(join(workspace.folder, 'archive/customer_rating'), { recursive: true });
  }

  /** Puts the next day's file into the inbox. */
  deliver(): Edition {
    const number = ++this.edition;
    const day = new Date(Date.UTC(2024, 0, number)).toISOString().slice(0, 10);
    const file = `customer_rating_agency_a_${day.replaceAll('-', '')}.csv`;
    const text = csvOf(number, this.rows);
    this.workspace.write(`inbox/${file}`, text);
    return { number, day, file, text, sha256: sha256(text), report: reportOf(number, this.rows) };
  }

  /** So many days, each loaded before the next comes. */
  async pass(days: number): Promise<void> {
    for (let day = 0; day < days; day++) {
      const edition = this.deliver();
      await this.expectMended(edition, await this.workspace.tally(['run', '--json']));
    }
  }

  /** The server may still be at what the command asked last. */
  async untilServerIsIdle(): Promise<void> {
    for (let asked = 0; asked < 600; asked++) {
      if ((await this.workspace.query(OTHERS)).length === 0) return;
      await sleep(20);
    }
    throw new Error('a connection of the command did not end');
  }

  /** Exactly the rows of this edition or exactly those of the one before, at any moment. */
  async rowsAre(edition: Edition): Promise<'old' | 'new'> {
    const actual = await this.digestOf(ACTUAL);
    if (actual === (await this.digestOf(expected(edition.number, this.rows)))) return 'new';
    const before =
      edition.number === 1 ? EMPTY : await this.digestOf(expected(edition.number - 1, this.rows));
    expect(actual).toBe(before);
    return 'old';
  }

  /** What must hold as soon as the fault is over, before anything is mended. */
  async expectWhole(edition: Edition): Promise<'old' | 'new'> {
    const rows = await this.rowsAre(edition);
    const loads = await this.loadsOf(edition);
    const loaded = loads.filter((load) => load.outcome === 'loaded');
    expect(loaded.map((load) => load.live)).toEqual(rows === 'new' ? [true] : []);
    await this.expectNothingOrphaned();
    this.expectNoHalfReport(edition);
    expect(this.placesOf(edition)).toContain(edition.sha256);
    return rows;
  }

  /** Of a command that could say so itself: its load and its run are closed in the ledger. */
  async expectClosed(edition: Edition): Promise<void> {
    expect((await this.loadsOf(edition)).filter((load) => load.outcome === null)).toEqual([]);
    expect(await this.workspace.query(RUNNING)).toEqual([]);
  }

  /** What must hold after the next run, to which nobody has lent a hand. */
  async expectMended(edition: Edition, ran: Ran): Promise<void> {
    expect(ran.stderr).not.toMatch(/^\s+at /m);
    expect({ ...ran, stdout: '' }).toMatchObject({ code: 0 });
    expect(await this.rowsAre(edition)).toBe('new');

    const loads = await this.loadsOf(edition);
    const loaded = loads.filter((load) => load.outcome === 'loaded');
    const invalid = this.rows / EVERY_INVALID;
    expect(loaded).toMatchObject([
      { live: true, rows_loaded: String(this.rows - invalid), rows_invalid: String(invalid) },
    ]);
    for (const load of loads) {
      expect(load.outcome).not.toBeNull();
      if (load.outcome === 'failed') expect(FAULTS).toContain(load.code);
      if (load.outcome === 'skipped') expect(load.code).toBe('known');
    }
    expect(await this.workspace.query(RUNNING)).toEqual([]);
    await this.expectNothingOrphaned();
    expect(await this.digestOf(invalidOf(loaded[0]!.load_id))).toBe(
      await this.digestOf(expectedInvalid(edition.number, this.rows)),
    );
    this.expectReport(edition);
    expect(await this.workspace.query(NOBODYS)).toEqual([]);
    expect(this.list('output').filter((name) => name.includes('.tmp'))).toEqual([]);
    expect(this.list('inbox')).toEqual([]);
    const folder = `archive/customer_rating/${edition.day}`;
    expect(this.list(folder).sort()).toEqual(
      ['.gz', '.gz.sha256', '.sha256'].map((ending) => edition.file + ending),
    );
    expect(this.placesOf(edition)).toEqual([edition.sha256]);
    const line = `${edition.sha256}  ${edition.file}\n`;
    expect(this.workspace.read(`${folder}/${edition.file}.sha256`)).toBe(line);
    expect(
      await this.workspace.query('select archived_as from tally.deliveries where business_date = $1', [
        edition.day,
      ]),
    ).toEqual([{ archived_as: `customer_rating/${edition.day}/${edition.file}.gz` }]);
  }

  private loadsOf(edition: Edition): Promise<LedgerLoad[]> {
    return this.workspace.query<LedgerLoad & Record<string, unknown>>(
      `select load_id, outcome, live, code, rows_loaded, rows_invalid from tally.loads
       where business_date = $1 order by load_id`,
      [edition.day],
    );
  }

  /**
   * No invalid row without its load, no version of the ledger without its table. What a load leaves between its two
   * commits is nobody's, and goes with the next start.
   */
  private async expectNothingOrphaned(): Promise<void> {
    expect(await this.workspace.query(ORPHANED_ROWS)).toEqual([]);
    expect(await this.workspace.query(MISSING_VERSIONS)).toEqual([]);
  }

  /** Every report that is there is whole, and the manifest beside it is its own, or that of the one to come. */
  private expectNoHalfReport(edition: Edition): void {
    const whole = [edition.report, reportOf(edition.number - 1, this.rows)];
    for (const name of this.list('output').filter((each) => each.endsWith('.csv'))) {
      const text = this.workspace.read(`output/${name}`);
      const isOfThePast = !this.isOf(name, edition) && !name.includes(today());
      if (!isOfThePast) expect(whole).toContain(text);
      const manifest = JSON.parse(this.workspace.read(`output/${name}.manifest.json`)) as { sha256: string };
      const sums = isOfThePast ? [sha256(text)] : [sha256(text), sha256(edition.report)];
      expect(sums).toContain(manifest.sha256);
    }
    for (const name of this.list('output').filter((each) => each.endsWith('.manifest.json')))
      expect(JSON.parse(this.workspace.read(`output/${name}`))).toMatchObject({ rows: 1 });
  }

  /** The report of the edition's day and that of today, each with its manifest. */
  private expectReport(edition: Edition): void {
    for (const each of reportNames(edition)) {
      const name = `output/${each}`;
      expect(this.workspace.read(name)).toBe(edition.report);
      expect(JSON.parse(this.workspace.read(`${name}.manifest.json`))).toMatchObject({
        sha256: sha256(edition.report),
        rows: 1,
        lines: [{ customer: 'agency_a', business_date: edition.day }],
      });
    }
  }

  /** The checksums of what lies in the inbox and in the archive under the edition's name. */
  private placesOf(edition: Edition): string[] {
    const archived = `archive/customer_rating/${edition.day}/${edition.file}`;
    return [`inbox/${edition.file}`, archived, `${archived}.gz`]
      .map((path) => join(this.workspace.folder, path))
      .filter((path) => existsSync(path))
      .map((path) => (path.endsWith('.gz') ? gunzipSync(readFileSync(path)) : readFileSync(path)))
      .map(sha256);
  }

  private isOf(name: string, { day }: Edition): boolean {
    return name.includes(day.replaceAll('-', ''));
  }

  private list(folder: string): string[] {
    return readdirSync(join(this.workspace.folder, folder)).filter((name) => name !== '.gitkeep');
  }

  private async digestOf(select: string): Promise<string> {
    const known = this.digests.get(select);
    if (known !== undefined) return known;
    const [row] = await this.workspace.query<{ digest: string }>(
      `select concat(count(*), ' rows ', sum(hashtextextended(row, 0))) as digest from (${select}) as rows (row)`,
    );
    if (select !== ACTUAL) this.digests.set(select, row!.digest);
    return row!.digest;
  }
}

/** The report of the edition's day, and that of today, in which it is the latest. */
export function reportNames({ day }: Edition): string[] {
  return [day.replaceAll('-', ''), today()].map((each) => `Customer_Rating_Aggregate_Report_${each}.csv`);
}

/** What a load may have failed with when a fault was put in its way. */
const FAULTS = [
  'load_crashed',
  'database_lost',
  'database_unreachable',
  'output_unwritable',
  'file_changed',
  'database_error',
  'interrupted',
];

const ACTUAL = `select concat_ws('|', agency, customer_number, customer_rating, customer_rating_limit, customer_status)
  from customer_rating`;
const EMPTY = '0 rows ';

function csvOf(number: number, rows: number): string {
  const lines = ['customer_number,customer_rating,customer_rating_limit,customer_status'];
  for (let n = 1; n <= rows; n++) lines.push(lineOf(number, n));
  return `${lines.join('\n')}\n`;
}

function lineOf(number: number, n: number): string {
  const first = n % EVERY_INVALID === 0 ? `x${n}` : n;
  return `${first},${(n + number) % 100},100,${n % 3 === 0 ? 'high-value' : 'regular'}`;
}

/** The same rows as `csvOf`, made by the database. */
function expected(number: number, rows: number): string {
  return `select concat_ws('|', 'agency_a', n, (n + ${number}) % 100, 100,
      case when n % 3 = 0 then 'high-value' else 'regular' end)
    from generate_series(1, ${rows}) as n where n % ${EVERY_INVALID} <> 0`;
}

function invalidOf(load: string): string {
  return `select concat_ws('|', line_number, convert_from(raw, 'UTF8')) from file_invalid_rows where load_id = ${load}`;
}

function expectedInvalid(number: number, rows: number): string {
  return `select concat_ws('|', n + 1, concat_ws(',', 'x' || n, (n + ${number}) % 100, 100,
      case when n % 3 = 0 then 'high-value' else 'regular' end))
    from generate_series(1, ${rows}) as n where n % ${EVERY_INVALID} = 0`;
}

function reportOf(number: number, rows: number): string {
  let [count, sum, high] = [0, 0, 0];
  for (let n = 1; n <= rows; n++) {
    if (n % EVERY_INVALID === 0) continue;
    count++;
    sum += (n + number) % 100;
    if (n % 3 === 0) high++;
  }
  const invalid = rows / EVERY_INVALID;
  const percent = ((invalid / rows) * 100).toFixed(2);
  return `customer,count_customer_number,sum_customer_rating,high_value_count,invalid_customer_number_count,invalid_customer_number_percent
agency_a,${count},${sum},${high},${invalid},${percent}
`;
}

function today(): string {
  return new Date().toISOString().slice(0, 10).replaceAll('-', '');
}

export function sha256(text: string | Buffer): string {
  return createHash('sha256').update(text).digest('hex');
}

const OTHERS = `select pid, state, query from pg_stat_activity
  where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()`;

const RUNNING = 'select run_id, command from tally.runs where outcome is null';

const ORPHANED_ROWS = `select distinct load_id from file_invalid_rows
  where load_id not in (select load_id from tally.loads where outcome in ('loaded', 'held'))`;

const MISSING_VERSIONS = `select load_id from tally.versions
  where to_regclass('tally_version.load_' || load_id) is null`;

/** Versions that the ledger does not name, and tables of invalid rows that are a part of nothing. */
const NOBODYS = `select relname from pg_class
  where relnamespace = 'tally_version'::regnamespace and relkind = 'r'
    and case
      when relname like 'load%' then relname not in (select 'load_' || load_id from tally.versions)
      else not exists (select from pg_inherits where inhrelid = pg_class.oid)
    end`;
