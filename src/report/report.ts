import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { stringify } from 'csv-stringify/sync';
import { compactDay, dayOf, localTime, type Clock, type Day } from '../clock.js';
import { closest } from '../closest.js';
import type { Config } from '../config.js';
import { TallyError } from '../errors.js';
import type { Agency } from '../feeds/agencies.js';
import { lastDueDay } from '../feeds/cadence.js';
import type { Feed } from '../feeds/feed.js';
import type { Client } from '../warehouse/connect.js';
import { selectInBatches, type Batch } from '../warehouse/rows.js';
import { statement } from '../warehouse/statements.js';
import { commentOf, invalidSql, type SqlFile } from '../warehouse/views.js';

export interface Report extends SqlFile {
  /** The name of its file, with {date:YYYYMMDD} in it. */
  fileName: string;
  /** The feed whose agencies it is about; their lateness is told in the manifest. */
  feed: string | undefined;
}

export interface WrittenReport {
  report: string;
  date: Day;
  file: string;
  rows: number;
  sha256: string;
  /** Whether the file was there already with the very same bytes. */
  same: boolean;
  late: LateAgency[];
  withoutLoad: string[];
}

export interface LateAgency {
  agency: string;
  business_date: Day | null;
  expected: Day;
}

export interface ReportContext {
  client: Client;
  config: Pick<Config, 'output' | 'timeZone'>;
  clock: Clock;
  runId: string;
  feeds: Feed[];
  agencies: Agency[];
}

const DATE = '{date:YYYYMMDD}';

/** What a file of sql/reports says of itself in the comment at its top. */
export function readReport(file: SqlFile): Report {
  const words = new Map<string, string>();
  for (const line of commentOf(file.text).split('\n')) {
    const match = /^(report|feed): (.+)$/.exec(line);
    if (match) words.set(match[1]!, match[2]!.trim());
  }
  const fileName = words.get('report');
  if (!fileName?.includes(DATE)) {
    throw new TallyError('sql_invalid', `${file.path}:1: expected \`-- report: NAME_${DATE}.csv\` at the top.`);
  }
  return { ...file, fileName, feed: words.get('feed') };
}

export function findReport(files: SqlFile[], name: string): Report {
  const found = files.find((file) => file.name === name);
  if (found) return readReport(found);
  const names = files.map((file) => file.name);
  const near = closest(name, names);
  throw new TallyError('unknown_report', `There is no report ${name}${near ? `; did you mean ${near}?` : '.'}`, {
    hint: `Reports: ${names.join(', ')}.`,
  });
}

/** Writes the report of a day and its manifest. The same data gives the same bytes; nobody ever sees half of them. */
export async function writeReport(context: ReportContext, report: Report, date: Day): Promise<WrittenReport> {
  const { client, config, runId } = context;
  const path = join(config.output, report.fileName.replace(DATE, compactDay(date)));
  const half = `${path}.${process.pid}.tmp`;
  try {
    mkdirSync(config.output, { recursive: true });
    const written = await writeCsv(client, report, date, half);
    const lateness = await latenessOf(context, report, date);
    const same = existsSync(path) && sha256Of(path) === written.sha256;
    const manifest = {
      report: report.name,
      report_date: date,
      file: basename(path),
      sha256: written.sha256,
      rows: written.rows,
      lines: written.lines,
      late: lateness.late,
      without_load: lateness.withoutLoad,
    };
    // The report last: whoever sees it finds the manifest that belongs to it.
    writeFileSync(`${half}.manifest`, `${JSON.stringify(manifest, null, 2)}\n`);
    renameSync(`${half}.manifest`, `${path}.manifest.json`);
    if (!same) renameSync(half, path);
    if (!same) {
      const values = [runId, report.name, date, basename(path), written.rows, written.sha256];
      await client.query(statement('report/record_report'), values);
    }
    return { report: report.name, date, file: path, rows: written.rows, sha256: written.sha256, same, ...lateness };
  } catch (error) {
    throw unwritable(error, report, config.output);
  } finally {
    discard(half);
    discard(`${half}.manifest`);
  }
}

function discard(half: string): void {
  try {
    rmSync(half, { force: true });
  } catch {
    // Where the folder is none, nothing was left in it; what went wrong is told already.
  }
}

interface Csv {
  rows: number;
  sha256: string;
  lines: Record<string, unknown>[];
}

async function writeCsv(client: Client, report: Report, date: Day, path: string): Promise<Csv> {
  const hash = createHash('sha256');
  const file = createWriteStream(path, { flush: true });
  const failed = once(file, 'error').then(([error]) => {
    throw error;
  });
  failed.catch(() => {});
  const csv: Csv = { rows: 0, sha256: '', lines: [] };
  const write = async (text: string) => {
    hash.update(text);
    if (!file.write(text)) await Promise.race([once(file, 'drain'), failed]);
  };
  let isFirst = true;
  for await (const { columns, rows } of selectInBatches(client, report.text, [date])) {
    const shown = columns.flatMap((column, index) => (column.name.startsWith('_') ? [] : [index]));
    if (isFirst) await write(csvText([shown.map((index) => columns[index]!.name)], shown.map(() => false)));
    isFirst = false;
    await write(csvText(rows.map((row) => shown.map((index) => row[index])), shown.map((index) => columns[index]!.isText)));
    csv.rows += rows.length;
    if (shown.length < columns.length) csv.lines.push(...rows.map((row) => manifestLine(columns, row, shown[0]!)));
  }
  file.end();
  await Promise.race([once(file, 'close'), failed]);
  return { ...csv, sha256: hash.digest('hex') };
}

/** A text that a spreadsheet would take for a formula is kept from being one; a number is left alone. */
function csvText(rows: unknown[][], isText: boolean[]): string {
  return stringify(rows, {
    record_delimiter: '\n',
    cast: {
      string: (value, { index }) => ({ value, escape_formulas: isText[index] ?? false }),
    },
  });
}

function manifestLine(columns: Batch['columns'], row: unknown[], first: number): Record<string, unknown> {
  const line: Record<string, unknown> = { [columns[first]!.name]: row[first] };
  columns.forEach(({ name, isText }, index) => {
    if (name.startsWith('_')) line[name.slice(1)] = isText ? row[index] : numberIfWhole(row[index]);
  });
  return line;
}

/** Values come as PostgreSQL writes them; in JSON the number of a load is a number. */
function numberIfWhole(value: unknown): unknown {
  return typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : value;
}

/** Which agencies' data is older than it should be by the report's date, and which have none yet. */
async function latenessOf(
  { client, clock, config, feeds, agencies }: ReportContext,
  report: Report,
  date: Day,
): Promise<{ late: LateAgency[]; withoutLoad: string[] }> {
  const feed = feeds.find((each) => each.name === report.feed);
  if (!feed) return { late: [], withoutLoad: [] };
  const { rows } = await client.query<{ agency: string; business_date: Day }>(statement('report/list_freshness'), [feed.name, date]);
  const fresh = new Map(rows.map((row) => [row.agency, row.business_date]));
  const withoutLoad = agencies.map((agency) => agency.key).filter((key) => !fresh.has(key));
  const late = agencies.flatMap((agency): LateAgency[] => {
    const expected = feed.cadence && lastDueDay(feed.cadence, asOf(clock, date, agency.timeZone ?? config.timeZone));
    const last = fresh.get(agency.key) ?? null;
    return expected && (last === null || last < expected) ? [{ agency: agency.key, business_date: last, expected }] : [];
  });
  return { late, withoutLoad };
}

/** A report of today is judged by the time it is; one of a past day by the end of that day. */
function asOf(clock: Clock, date: Day, timeZone: string): { day: Day; time: string } {
  return dayOf(clock.now(), timeZone) <= date ? localTime(clock.now(), timeZone) : { day: date, time: '24:00' };
}

function sha256Of(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

function unwritable(error: unknown, report: Report, folder: string): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (code && /^(ENOSPC|EACCES|EROFS|EPERM|ENOTDIR|EEXIST|EISDIR|EDQUOT|EIO)$/.test(code)) {
    return new TallyError('output_unwritable', `The report ${report.name} could not be written to ${folder}: ${(error as Error).message}`, {
      hint: `The report before is untouched. When there is room: tally report ${report.name}`,
      cause: error,
    });
  }
  return invalidSql(report, error);
}
