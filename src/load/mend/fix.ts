import { basename } from 'node:path';
import { openContent, type Content } from '../../content/content.js';
import { TallyError } from '../../errors.js';
import { findFeed, hasLoadIds, type Feed } from '../../feeds/feed.js';
import { cancelOnAbort } from '../../warehouse/cancel.js';
import { startCopy } from '../../warehouse/copy.js';
import { selectInBatches } from '../../warehouse/rows.js';
import { statement } from '../../warehouse/statements.js';
import { transaction } from '../../warehouse/transaction.js';
import { runAudits } from '../audit.js';
import { summaryOf, type Reason } from '../check/reasons.js';
import type { Warning } from '../check/rows.js';
import { keepHistory } from '../history.js';
import { withNextVersion } from '../publish.js';
import { agencyTable, columnDefinition } from '../tables.js';
import { beginFile, refuseExisting, type WholeFile } from './file.js';
import { Judge, type Offered } from './judge.js';
import { inLane, type Mending } from './lane.js';
import { delimiterOf, loadOf, readSheet, type ReturnedRow } from './read.js';
import { addCorrected, setRepeatedAside } from './settle.js';
import { headerText, rowsText, sheetOf } from './sheet.js';
import { findMendSubject, requireCorrectable, type MendSubject } from './subject.js';

export interface FixOptions {
  /** Where rows that could not be fixed are written, with their reasons. */
  back: string;
  /** Write over what lies there, and fix rows that an audit would hold. */
  force: boolean;
}

/** What became of the rows of a sheet. */
export interface Fixed {
  loadId: string | null;
  feed: string | null;
  agency: string | null;
  rows: number;
  fixed: number;
  /** Of those: rows that had come before, key and values, so that none was added. */
  repeated: number;
  /** Rows that had been fixed with these values before. */
  settled: number;
  /** Rows that came back, and where; the first of them with their reasons. */
  returned: number;
  returnedFile: string | null;
  examples: { line: number | null; reasons: Reason[] }[];
  warnings: Warning[];
  /** Rows of the load that are still neither fixed nor dismissed. */
  open: number;
}

const EXAMPLES = 20;

/** Takes a sheet back: what is valid now is loaded, with an audit entry for each row, and the others come back. */
export async function fixRows(
  context: Mending,
  feeds: Feed[],
  path: string,
  options: FixOptions,
): Promise<Fixed> {
  const { client, config } = context;
  const content = await openContent(path, basename(path), { encoding: 'guessed', limits: config });
  try {
    const delimiter = await delimiterOf(content);
    const loadId = await loadOf(content, delimiter, config.maxRowBytes);
    if (loadId === undefined) return nothing;
    const { feedName, agency } = await findMendSubject(client, loadId);
    const feed = findFeed(feeds, feedName);
    if (!options.force)
      refuseExisting(options.back, 'Move it away, say --back FILE, or write over it: --force');
    return await inLane(context, { feed: feed.name, agency }, async () => {
      const subject = await findMendSubject(client, loadId);
      requireCorrectable(subject, feed);
      const back = await beginFile(options.back);
      const stopCancelling = cancelOnAbort(context);
      try {
        const fixed = await transaction(client, () =>
          fixInTransaction(context, { subject, feed, content, delimiter, back, path }, options),
        );
        await stopCancelling();
        if (fixed.returned > 0) await back.keep();
        return fixed;
      } finally {
        await stopCancelling();
        await back.discard();
      }
    });
  } finally {
    await content.close();
  }
}

const nothing: Fixed = {
  loadId: null,
  feed: null,
  agency: null,
  rows: 0,
  fixed: 0,
  repeated: 0,
  settled: 0,
  returned: 0,
  returnedFile: null,
  examples: [],
  warnings: [],
  open: 0,
};

interface Work {
  subject: MendSubject;
  feed: Feed;
  content: Content;
  delimiter: string;
  back: WholeFile;
  path: string;
}

async function fixInTransaction(context: Mending, work: Work, options: FixOptions): Promise<Fixed> {
  const { client } = context;
  const { subject, feed, path } = work;
  const { loadId } = subject;
  const warnings = await offerRows(context, work);
  await client.query(statement('mend/set_settled_aside'), [loadId]);
  await client.query(statement('mend/leave_out'));
  await setRepeatedAside(client, subject, feed);
  const added = await addCorrected(client, subject, feed);
  const counts = await recordFixed(context, loadId, basename(path), added);
  if (counts.fixed > 0) await followUp(context, subject, feed, options.force);

  const { rows } = await client.query<Record<'rows' | 'settled' | 'returned', string>>(
    statement('mend/count_offered'),
  );
  return {
    loadId,
    feed: feed.name,
    agency: subject.agency,
    rows: Number(rows[0]!.rows),
    ...counts,
    settled: Number(rows[0]!.settled),
    returned: Number(rows[0]!.returned),
    returnedFile: Number(rows[0]!.returned) > 0 ? options.back : null,
    examples: await giveBack(context, work),
    warnings,
    open: subject.rowsInvalid - subject.rowsFixed - subject.rowsDismissed - counts.fixed,
  };
}

/** The rows of the sheet, each checked by itself, into tables of this transaction. */
async function offerRows(context: Mending, work: Work): Promise<Warning[]> {
  const { client, config, signal, agencies } = context;
  const { subject, feed, content, delimiter } = work;
  const columns = feed.columns.map(columnDefinition).join(', ');
  const timeZone = subject.timeZone ?? agencies.find(({ key }) => key === subject.agency)?.timeZone;
  await client.query(statement('load/tune_transaction'));
  await client.query(statement('load/set_time_zone', { zone: timeZone ?? config.timeZone }));
  await client.query(statement('mend/create_tables', { columns }));
  const judge = new Judge(client, subject, feed);
  let waiting: ReturnedRow[] = [];
  await readSheet(
    content,
    feed,
    { delimiter, bytes: config.maxRowBytes },
    {
      row: (row) => waiting.push(row),
      async afterBlock() {
        if (signal.aborted) throw interrupted();
        const rows = waiting;
        waiting = [];
        if (rows.length > 0) await offer(context, feed, judge, await judge.judge(rows));
      },
    },
  );
  await client.query(statement('mend/keep_after'));
  return judge.warnings();
}

async function offer({ client }: Mending, feed: Feed, judge: Judge, rows: Offered[]): Promise<void> {
  await client.query(statement('mend/add_offered'), [JSON.stringify(rows)]);
  const chunks = judge.take();
  if (chunks.length === 0) return;
  const columns = ['line_number', ...feed.columns.map((column) => column.name)];
  const copy = startCopy(client, statement('mend/copy_corrected', { columns }));
  for (const chunk of chunks) await copy.write(chunk);
  await copy.end();
  judge.sent();
}

/** Audit entries, states and counts; three counts that come from three places must agree. */
async function recordFixed(
  { client, clock, runId, by }: Mending,
  loadId: string,
  file: string,
  added: number,
): Promise<Pick<Fixed, 'fixed' | 'repeated'>> {
  const { rows } = await client.query<Record<'fixed' | 'repeated' | 'marked', string>>(
    statement('mend/record_fixed'),
    [loadId, clock.now(), by, runId, file],
  );
  const [fixed, repeated, marked] = [rows[0]!.fixed, rows[0]!.repeated, rows[0]!.marked].map(Number) as [
    number,
    number,
    number,
  ];
  if (fixed !== marked || fixed !== added + repeated)
    throw new TallyError(
      'rows_unbalanced',
      `${fixed} rows were to be fixed, ${added} were added (${repeated} had come before) and ${marked} marked, so nothing was changed.`,
      { hint: 'Has someone changed file_invalid_rows by hand? tally verify tells.' },
    );
  await client.query(statement('mend/count_fixed'), [loadId, fixed]);
  return { fixed, repeated };
}

/** History, audits and reports are of the rows as they are now. A load that is held gets its history when it is accepted. */
async function followUp(context: Mending, subject: MendSubject, feed: Feed, force: boolean): Promise<void> {
  const { client } = context;
  const { loadId, agency, outcome } = subject;
  const { rows: days } = await client.query<{ load_id: string; business_date: string }>(
    statement('mend/list_days'),
    [loadId],
  );
  const look = async () => {
    const { hold } = await runAudits(client, context.audits, feed);
    if (hold && !force)
      throw new TallyError(
        'correction_held',
        `With the corrected rows ${hold.message.replace(' The rows before stay.', '')} Nothing was changed.`,
        {
          hint: 'Correct the sheet, or fix the rows all the same: --force',
        },
      );
    // The other rows of an upsert may have been overwritten since: its history stays as it was counted then.
    if (outcome === 'held' || feed.mode === 'upsert') return;
    for (const { business_date: businessDate } of days)
      await keepHistory(client, context.histories, feed, { counted: loadId, agency, businessDate });
  };
  if (outcome === 'held' || !hasLoadIds(feed)) await withNextVersion(client, loadId, look);
  else {
    const words = { table: agencyTable(feed, agency), load_id: loadId };
    await client.query(statement('mend/show_rows_of_load', words));
    await look();
    await client.query(statement('load/hide_next_version'));
  }
  if (outcome === 'loaded')
    await client.query(statement('mend/owe_reports'), [days.map((day) => day.load_id)]);
}

/** Writes the rows that could not be fixed as a sheet, as they were in the one that came, with their reasons. */
async function giveBack({ client }: Mending, { feed, delimiter, back }: Work): Promise<Fixed['examples']> {
  const examples: Fixed['examples'] = [];
  await back.write(headerText(sheetOf(feed), delimiter));
  for await (const { rows } of selectInBatches(client, statement('mend/list_returned'), [])) {
    const returned = (rows as [string | null, string, string][]).map(([line, given, reasons]) => ({
      line: line === null ? null : Number(line),
      given: JSON.parse(given) as Offered['given'],
      reasons: JSON.parse(reasons) as Reason[],
    }));
    const lines = returned.map(({ given, reasons }) => ({ ...given, reasons: summaryOf(reasons) }));
    await back.write(rowsText(lines, delimiter));
    examples.push(
      ...returned.slice(0, EXAMPLES - examples.length).map(({ line, reasons }) => ({ line, reasons })),
    );
  }
  return examples;
}

function interrupted(): TallyError {
  return new TallyError('interrupted', 'Interrupted. Nothing was changed.', {
    hint: 'Run the same command again.',
  });
}
