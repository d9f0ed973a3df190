import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { TallyError } from '../errors.js';
import { PACKAGE } from '../package.js';
import type { Client } from './connect.js';
import { sqlState } from './failure.js';
import { statement } from './statements.js';

/** A select in a file, named like the file; its first line is a comment that says its grain. */
export interface SqlFile {
  name: string;
  path: string;
  text: string;
  /** Whether it is one that ships with Tallyhouse, made for the feeds that ship with it. */
  isShipped: boolean;
  /** Whether it is one of the workspace that stands in the place of one that ships. */
  isReplacement: boolean;
}

/** The files of a folder below sql/: those that ship with Tallyhouse, and the workspace's own laid over them. */
export function sqlFiles(folder: string, workspace: string): SqlFile[] {
  const files = new Map<string, SqlFile>();
  const shipped = join(PACKAGE, 'sql');
  for (const root of [shipped, join(workspace, 'sql')]) {
    const place = join(root, folder);
    for (const file of existsSync(place) ? readdirSync(place) : []) {
      if (!file.endsWith('.sql')) continue;
      const name = file.slice(0, -'.sql'.length);
      const text = readFileSync(join(place, file), 'utf8');
      const [isShipped, isReplacement] = [root === shipped, files.has(name)];
      files.set(name, { name, path: join(place, file), text, isShipped, isReplacement });
    }
  }
  return [...files.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The comment lines at the top, without their dashes. */
export function commentOf(text: string): string {
  const lines = text.split('\n');
  const end = lines.findIndex((line) => !line.startsWith('--'));
  return lines
    .slice(0, end < 0 ? lines.length : end)
    .map((line) => line.replace(/^--\s?/, ''))
    .join('\n');
}

export interface BuiltViews {
  built: string[];
  /** Views that read what the feeds of this workspace do not make, and what that is. */
  leftOut: { view: string; reason: string }[];
}

/**
 * Builds the views anew if the text of one has changed, or the tables that they may read (`tables` describes those).
 * The caller holds the transaction.
 */
export async function buildViews(client: Client, views: SqlFile[], tables: string): Promise<BuiltViews> {
  const ordered = inOrder(views);
  const wanted = new Map(ordered.map((view) => [view.name, sha256(`${tables}\n${view.text}`)]));
  const { rows } = await client.query<{ view: string; sha256: string }>(statement('warehouse/list_views'));
  const current = new Map(rows.map((row) => [row.view, row.sha256]));
  const same =
    wanted.size === current.size && [...wanted].every(([name, hash]) => current.get(name) === hash);
  if (same) return { built: [], leftOut: [] };

  const result: BuiltViews = { built: [], leftOut: [] };
  const gone = [...current.keys()].filter((name) => !wanted.has(name));
  for (const name of gone) await drop(client, name);
  await client.query(statement('warehouse/forget_views'), [gone]);
  for (const view of ordered) {
    const missing = await create(client, view, ordered);
    if (missing === undefined) result.built.push(view.name);
    else result.leftOut.push({ view: view.name, reason: missing });
    await client.query(statement('warehouse/record_view'), [view.name, wanted.get(view.name)]);
  }
  return result;
}

/** Tells what is missing when the view cannot be there. */
async function create(client: Client, view: SqlFile, all: SqlFile[]): Promise<string | undefined> {
  const sql = statement('warehouse/create_view', { view: view.name, select: selectOf(view) });
  await client.query('savepoint view');
  try {
    await client.query(sql);
  } catch (error) {
    await client.query('rollback to savepoint view');
    if (isMissing(view, sqlState(error))) return (error as Error).message;
    // Other columns than before: `replace` cannot do that, so it and what stands on it goes, and comes again.
    if (sqlState(error) !== '42P16') throw invalidSql(view, error, sql);
    for (const each of [...dependents(view, all)].reverse()) await drop(client, each.name);
    await drop(client, view.name);
    await client.query(sql);
  }
  await client.query(statement('warehouse/comment_view', { view: view.name, comment: commentOf(view.text) }));
  return undefined;
}

/**
 * Not every workspace has every feed, nor in its feeds what those that ship have: then a relation is not there, and a
 * column, or the operator for its type. In a view of the workspace's own the latter are mistakes.
 */
function isMissing({ isShipped }: SqlFile, state: string | undefined): boolean {
  return state === '42P01' || (isShipped && (state === '42703' || state === '42883'));
}

async function drop(client: Client, name: string): Promise<void> {
  try {
    await client.query(statement('warehouse/drop_view', { view: name }));
  } catch (error) {
    if (sqlState(error) !== '2BP01') throw error;
    const detail = (error as pg.DatabaseError).detail ?? '';
    throw new TallyError(
      'sql_invalid',
      `The view ${name} must be made anew, but other views stand on it: ${detail}`,
      {
        hint: 'Drop those views, run the command again, and create them again.',
        cause: error,
      },
    );
  }
}

/** Classes of errors that are no fault of a statement: connection, rollback, resources, locks, operators, system. */
const OF_THE_SERVER = /^(08|40|53|55|57|58|XX)/;

/** PostgreSQL's word on a file, with its line there; `sql` is the statement that the file's text stands in. */
export function invalidSql(file: SqlFile, error: unknown, sql = file.text): unknown {
  if (!(error instanceof pg.DatabaseError) || OF_THE_SERVER.test(error.code ?? '')) return error;
  const place = Number(error.position ?? 0) - 1 - sql.indexOf(selectOf(file));
  const line =
    error.position === undefined ? '' : `:${file.text.slice(0, Math.max(0, place)).split('\n').length}`;
  return new TallyError('sql_invalid', `${file.path}${line}: ${error.message}`, { cause: error });
}

/** The text of a file as it can stand within a statement. */
export function selectOf(file: SqlFile): string {
  return file.text.trim().replace(/;$/, '');
}

/** What is read comes before what reads it. */
function inOrder(views: SqlFile[]): SqlFile[] {
  const ordered: SqlFile[] = [];
  const visit = (view: SqlFile, path: string[]): void => {
    if (ordered.includes(view)) return;
    if (path.includes(view.name)) {
      throw new TallyError(
        'sql_invalid',
        `Views read each other in a circle: ${[...path, view.name].join(' -> ')}`,
      );
    }
    for (const other of views) if (other !== view && reads(view, other)) visit(other, [...path, view.name]);
    ordered.push(view);
  };
  for (const view of views) visit(view, []);
  return ordered;
}

function dependents(view: SqlFile, all: SqlFile[]): SqlFile[] {
  return all.filter((other) => other !== view && reads(other, view));
}

function reads(view: SqlFile, other: SqlFile): boolean {
  return new RegExp(`\\b${other.name}\\b`).test(view.text.replace(/--.*$/gm, ''));
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
