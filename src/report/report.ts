import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { compactDay, dayOf, type Clock, type Day } from '../clock.js';
import { closest } from '../closest.js';
import type { Config } from '../config.js';
import { TallyError } from '../errors.js';
import type { FreshnessState } from '../feeds/cadence.js';
import type { Client } from '../warehouse/connect.js';
import { selectInBatches } from '../warehouse/rows.js';
import { statement } from '../warehouse/statements.js';
import { commentOf, invalidSql, selectOf, type SqlFile } from '../warehouse/views.js';
import { csvTexts, type Told } from './csv.js';
import { copyFile, sha256Of, writeTexts } from './file.js';
import { arrayTexts, selectDocuments } from './json.js';
import { digestSources, findMade } from './made.js';

export interface Report extends SqlFile {
  /** The name of its file, with {date:YYYYMMDD} in it. */
  fileName: string;
  /** The feed whose agencies it is about; their lateness is told in the manifest. */
  feed: string | undefined;
  /**
   * Feeds whose tables it reads as they are now: it can be told of today, but not of a day that is over, and not
   * before the first of them was loaded.
   */
  live: string[];
}

/** An agency whose data is older than it should be, and why. */
export interface LateAgency {
  agency: string;
  state: FreshnessState;
  business_date: Day | null;
  expected: Day;
}

export interface Lateness {
  late: LateAgency[];
  /** Agencies that had not been loaded at all. */
  withoutLoad: string[];
}

export interface WrittenReport extends Lateness {
  report: string;
  feed: string | null;
  date: Day;
  file: string;
  rows: number;
  sha256: string;
  /** Whether the file was there already with the very same bytes. */
  same: boolean;
}

export interface ReportContext {
  client: Client;
  config: Pick<Config, 'output' | 'timeZone' | 'workspace'>;
  clock: Clock;
  runId: string;
}

const DATE = '{date:YYYYMMDD}';

/** What a file of sql/reports says of itself in the comment at its top. */
export function readReport(file: SqlFile): Report {
  const words = new Map<string, string>();
  for (const line of commentOf(file.text).split('\n')) {
    const match = /^(report|feed|live): (.+)$/.exec(line);
    if (match) words.set(match[1]!, match[2]!.trim());
  }
  const fileName = words.get('report');
  if (!fileName?.includes(DATE)) {
    throw new TallyError(
      'sql_invalid',
      `${file.path}:1: expected \`-- report: NAME_${DATE}.csv\` at the top.`,
    );
  }
  return { ...file, fileName, feed: words.get('feed'), live: words.get('live')?.split(/, */) ?? [] };
}

export function findReport(files: SqlFile[], name: string): Report {
  const found = files.find((file) => file.name === name);
  if (found) return readReport(found);
  const names = files.map((file) => file.name);
  const near = closest(name, names);
  throw new TallyError(
    'unknown_report',
    `There is no report ${name}${near ? `; did you mean ${near}?` : '.'}`,
    {
      hint: `Reports: ${names.join(', ')}.`,
    },
  );
}

/** Why a report of what is live cannot be written for a day; nothing where it can. */
export async function notOfThatDay(
  { client, clock, config }: Pick<ReportContext, 'client' | 'clock' | 'config'>,
  { name, live }: Report,
  date: Day,
): Promise<TallyError | undefined> {
  if (live.length === 0) return undefined;
  const { rows } = await client.query<{ live_date: Day | null }>(statement('report/find_live_date'), [live]);
  const liveDate = rows[0]!.live_date;
  if (liveDate === null) {
    return new TallyError(
      'report_unavailable',
      `The report ${name} is about ${live[0]}, of which nothing was loaded yet.`,
    );
  }
  if (date >= liveDate || date >= dayOf(clock.now(), config.timeZone)) return undefined;
  return new TallyError(
    'report_unavailable',
    `The report ${name} is about what is in ${live.join(', ')} now, which is of ${liveDate}: that of ${date} is gone.`,
    { hint: `What was written then is in the output folder. That of now: tally report ${name}` },
  );
}

/**
 * Writes the report of a day and its manifest. The same data gives the same bytes; nobody ever sees half of them. So what was
 * made of the same data before is not made again, unless someone asks for it (`anew`). The caller sees to it that nobody
 * else writes reports meanwhile.
 */
export async function writeReport(
  context: ReportContext,
  report: Report,
  date: Day,
  { lateness, anew }: { lateness: Lateness; anew: boolean },
): Promise<WrittenReport> {
  const { client, config, runId } = context;
  const path = join(config.output, report.fileName.replace(DATE, compactDay(date)));
  const half = halfOf(path);
  const manifestHalf = halfOf(manifestOf(path));
  try {
    mkdirSync(config.output, { recursive: true });
    const madeOf = await digestSources(client, report, config.workspace);
    const made =
      madeOf && !anew ? await findMade(client, config.output, { report, date, madeOf }) : undefined;
    const told: Told = { rows: made?.rows ?? 0, lines: [] };
    const sha256 = made?.sha256 ?? (await writeTexts(textsOf(client, report, date, told), half));
    const same = made?.path === path || (await sha256Of(path)) === sha256;
    const manifest = {
      report: report.name,
      report_date: date,
      file: basename(path),
      sha256,
      rows: told.rows,
      lines: told.lines,
      late: lateness.late,
      without_load: lateness.withoutLoad,
    };
    // The report last: whoever sees it finds the manifest that belongs to it.
    writeFileSync(manifestHalf, `${JSON.stringify(manifest, null, 2)}\n`, { flush: true });
    renameSync(manifestHalf, manifestOf(path));
    // What stands in the manifest alone cannot be had from the file of another day.
    const sources = told.lines.length > 0 ? null : madeOf;
    if (same) {
      await client.query(statement('report/confirm_report'), [report.name, date, sha256, sources]);
    } else {
      if (made) await copyFile(made.path, half);
      renameSync(half, path);
      const values = [runId, report.name, date, basename(path), told.rows, sha256, sources];
      await client.query(statement('report/record_report'), values);
    }
    return {
      report: report.name,
      feed: report.feed ?? null,
      date,
      file: path,
      rows: told.rows,
      sha256,
      same,
      ...lateness,
    };
  } catch (error) {
    throw unwritable(error, report, config.output);
  } finally {
    discard(half);
    discard(manifestHalf);
  }
}

function textsOf(client: Client, report: Report, date: Day, told: Told): AsyncIterable<string> {
  const values = parametersOf(report, date);
  return report.fileName.endsWith('.json')
    ? arrayTexts(selectDocuments(client, selectOf(report), values), told)
    : csvTexts(selectInBatches(client, report.text, values), told);
}

/** PostgreSQL wants exactly the parameters that a statement has, and not every report depends on the day. */
function parametersOf({ text }: Report, date: Day): Day[] {
  return /\$1\b/.test(text.replace(/--.*$/gm, '')) ? [date] : [];
}

function manifestOf(path: string): string {
  return `${path}.manifest.json`;
}

function halfOf(path: string): string {
  return `${path}.tmp`;
}

/** Takes away what writers left that were killed. The caller sees to it that nobody writes reports meanwhile. */
export function sweepHalves({ output }: Pick<Config, 'output'>, reports: Report[]): void {
  let names: string[];
  try {
    names = readdirSync(output);
  } catch {
    // No folder: told already by the report that could not be written.
    return;
  }
  for (const { fileName } of reports) {
    const [before, behind] = fileName.split(DATE) as [string, string];
    for (const name of names) {
      const day = /^\d{8}/.exec(name.slice(before.length))?.[0];
      const path = join(output, before + day + behind);
      const halves = [halfOf(path), halfOf(manifestOf(path))];
      if (name.startsWith(before) && halves.includes(join(output, name))) discard(join(output, name));
    }
  }
}

function discard(half: string): void {
  try {
    rmSync(half, { force: true });
  } catch {
    // Where the folder is none, nothing was left in it; what went wrong is told already.
  }
}

function unwritable(error: unknown, report: Report, folder: string): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (code && /^(ENOSPC|EFBIG|EACCES|EROFS|EPERM|ENOTDIR|EEXIST|EISDIR|EDQUOT|EIO)$/.test(code)) {
    return new TallyError(
      'output_unwritable',
      `The report ${report.name} could not be written to ${folder}: ${(error as Error).message}`,
      {
        hint: `The report before is untouched. When there is room: tally report ${report.name}`,
        cause: error,
      },
    );
  }
  return invalidSql(report, error);
}
