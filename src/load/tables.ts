import { TallyError } from '../errors.js';
import type { Agency } from '../feeds/agencies.js';
import { hasLineNumbers, hasLoadIds, type Column, type Feed } from '../feeds/feed.js';
import { postgresType } from '../feeds/type.js';
import type { Client } from '../warehouse/connect.js';
import { quoteLiteral, quoteName, statement, type Relation } from '../warehouse/statements.js';

/** The names of a feed's relations: the table over all agencies, an agency's own, and the version of a load. */
export function feedTable(feed: Pick<Feed, 'name'>): Relation {
  return { schema: 'public', name: feed.name };
}

export function agencyTable(feed: Pick<Feed, 'name'>, agency: string): Relation {
  return { schema: 'public', name: `${feed.name}_${agency}` };
}

export function versionTable(loadId: string): Relation {
  return { schema: 'tally_version', name: `load_${loadId}` };
}

/** The columns of a table that a delivery fills, in the order of the feed. */
export function filledColumns(feed: Feed): string[] {
  return [...(hasLineNumbers(feed) ? ['line_number'] : []), ...feed.columns.map((column) => column.name)];
}

interface KnownFeed {
  feed: string;
  definition: Feed;
  mode: string;
}

/**
 * Makes the feeds' tables, or adds the columns that a feed has gained. What would touch rows that are there
 * (another type) is not done behind anyone's back. The caller holds the transaction.
 */
export async function ensureFeedTables(client: Client, feeds: Feed[]): Promise<void> {
  const { rows } = await client.query<KnownFeed>(statement('load/list_feeds'));
  const known = new Map(rows.map((row) => [row.feed, row]));
  for (const feed of feeds) await ensureFeedTable(client, feed, known.get(feed.name));
}

async function ensureFeedTable(client: Client, feed: Feed, known: KnownFeed | undefined): Promise<void> {
  const definition = JSON.stringify(definitionOf(feed));
  if (known && JSON.stringify(sorted(known.definition)) === JSON.stringify(sorted(definitionOf(feed))))
    return;

  const table = feedTable(feed);
  const columns = await columnsOf(client, table);
  if (columns.size === 0) {
    const definitions = tableColumns(feed).join(',\n  ');
    await client.query(statement('load/create_feed_table', { table, columns: definitions }));
  } else {
    await refuseOtherMode(client, feed, known?.mode);
    await addColumns(client, feed, columns);
    await changeDefaults(client, feed, known?.definition);
  }
  await comment(client, feed);
  await client.query(statement('load/record_feed'), [feed.name, feed.title, feed.mode, definition]);
}

/** Makes the agency's table, under a name and identity that never change. The caller holds the transaction. */
export async function ensureAgencyTable(client: Client, feed: Feed, agency: Agency): Promise<void> {
  const name = agencyTable(feed, agency.key);
  if (Buffer.byteLength(name.name) > 63) {
    throw new TallyError(
      'agencies_invalid',
      `The table ${name.name} would have a name of ${name.name.length} characters; PostgreSQL takes 63.`,
      {
        hint: 'Give the agency a shorter key, and its long name as an alias.',
      },
    );
  }
  const { rows } = await client.query<{ found: boolean }>(statement('load/find_table'), [quoteName(name)]);
  if (rows[0]!.found) return;
  const words = {
    table: feedTable(feed),
    agency_table: name,
    agency: agency.key,
    comment: `${feed.title} Of ${agency.name}.`,
  };
  if (feed.mode === 'replace') await client.query(statement('load/create_agency_table_replace', words));
  else await client.query(statement('load/create_agency_table_keyed', { ...words, key: feed.key! }));
}

function tableColumns(feed: Feed): string[] {
  return [
    'agency text not null',
    ...(hasLoadIds(feed) ? ['load_id bigint not null'] : []),
    ...(hasLineNumbers(feed) ? ['line_number bigint not null'] : []),
    ...feed.columns.map(columnDefinition),
  ];
}

export function columnDefinition(column: Column): string {
  const fallback = column.default === undefined ? '' : ` default ${quoteLiteral(String(column.default))}`;
  return `${quoteName(column.name)} ${postgresType(column.type)}${fallback}`;
}

/** The columns of a table as they are, with their types; none where there is no such table. */
export async function columnsOf(client: Client, table: Relation): Promise<Map<string, string>> {
  const { rows } = await client.query<{ name: string; type: string }>(statement('load/list_columns'), [
    quoteName(table),
  ]);
  return new Map(rows.map((row) => [row.name, row.type]));
}

async function addColumns(client: Client, feed: Feed, present: Map<string, string>): Promise<void> {
  for (const name of [
    'agency',
    ...(hasLoadIds(feed) ? ['load_id'] : []),
    ...(hasLineNumbers(feed) ? ['line_number'] : []),
  ]) {
    if (!present.has(name)) {
      throw changed(feed, `its table has no column ${name}, which a feed with this mode and key needs`);
    }
  }
  for (const column of feed.columns) {
    const is = present.get(column.name);
    const wanted = postgresType(column.type);
    if (is === wanted) continue;
    if (is !== undefined)
      throw changed(feed, `${column.name} is ${is} in the warehouse and ${wanted} in the feed`);
    const { rows: versions } = await client.query<{ load_id: string; state: string }>(
      statement('load/list_versions'),
      [feed.name, null],
    );
    const detached = versions
      .filter((version) => version.state !== 'live')
      .map((version) => versionTable(version.load_id));
    for (const table of [feedTable(feed), ...detached]) {
      await client.query(statement('load/add_column', { table, column: columnDefinition(column) }));
    }
  }
}

/** Rows that are there keep what they have; a file without the column gets what the feed says now. */
async function changeDefaults(client: Client, feed: Feed, known: Feed | undefined): Promise<void> {
  for (const column of feed.columns) {
    const before = known?.columns.find(({ name }) => name === column.name);
    if (!before || before.default === column.default) continue;
    const fallback = column.default === undefined ? 'null' : quoteLiteral(String(column.default));
    const words = { table: feedTable(feed), column: column.name, fallback };
    await client.query(statement('load/set_default', words));
  }
}

async function refuseOtherMode(client: Client, feed: Feed, mode: string | undefined): Promise<void> {
  if (mode === undefined || (mode === 'replace') === (feed.mode === 'replace')) return;
  const { rows } = await client.query(statement('load/list_agency_tables'), [quoteName(feedTable(feed))]);
  if (rows.length > 0) throw changed(feed, `its mode was ${mode} and is ${feed.mode} now`);
}

function changed(feed: Feed, what: string): TallyError {
  return new TallyError('feed_changed', `The feed ${feed.name} does not fit its table: ${what}.`, {
    hint: `Rows that are there would change, so this is left to you: change the table, or give the feed another name.`,
  });
}

async function comment(client: Client, feed: Feed): Promise<void> {
  const table = feedTable(feed);
  await client.query(statement('load/comment_table', { table, comment: feed.title }));
  const comments = new Map<string, string>([
    ['agency', 'Who delivered the row.'],
    ...(hasLoadIds(feed) ? [['load_id', 'The load that brought the row: tally.loads.'] as const] : []),
    ...(hasLineNumbers(feed)
      ? [['line_number', 'The line of the delivery on which the row starts.'] as const]
      : []),
    ...feed.columns.map(
      (column) => [column.name, column.description ?? column.name.replaceAll('_', ' ')] as const,
    ),
  ]);
  for (const [column, text] of comments) {
    await client.query(statement('load/comment_column', { table, column, comment: text }));
  }
}

/** What table and rows depend on; how files are called and when they are complete may change as it likes. */
function definitionOf(feed: Feed): Record<string, unknown> {
  const { patterns: _, ready: __, ...rest } = feed;
  return JSON.parse(JSON.stringify(rest)) as Record<string, unknown>;
}

/** jsonb keeps no order of names. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, each]) => [key, sorted(each)]),
  );
}

/** Whether rows of these columns differ, as SQL over `row` and `first`. */
export function differs(feed: Feed): string {
  if (feed.mode !== 'append') return 'true';
  const others = feed.columns.filter((column) => !feed.key!.includes(column.name));
  if (others.length === 0) return 'false';
  const list = (side: string) => others.map((column) => `${side}.${quoteName(column.name)}`).join(', ');
  return `row(${list('row')}) is distinct from row(${list('first')})`;
}
