import { openContent } from '../../content/content.js';
import { TallyError } from '../../errors.js';
import { rowEncoding } from '../../feeds/feed.js';
import { startCopy, type Copy } from '../../warehouse/copy.js';
import { statement } from '../../warehouse/statements.js';
import { shownBytes } from '../check/reasons.js';
import { compileRows, type RowCheck } from '../check/rows.js';
import { INVALID } from '../check/verdict.js';
import type { Delivery } from '../delivery.js';
import { ENCODINGS } from '../fill.js';
import { readRows } from '../read/read.js';
import { NumberedText } from '../text.js';
import type { VerifyContext } from './context.js';
import type { RecordedInvalidRows } from './invalid.js';

export interface ReadAgain {
  rowsRead: number;
  /** Rows that are valid by themselves, before keys are looked at. */
  rowsValid: number;
}

/** Reads the file once more: its valid rows become expected_row, the others are held against file_invalid_rows. */
export async function readAgain(
  context: VerifyContext,
  delivery: Delivery,
  recorded: RecordedInvalidRows,
): Promise<ReadAgain> {
  const { client, config, signal, progress } = context;
  const { feed, fileName, path } = delivery;
  const content = await openContent(path, fileName, { encoding: feed.encoding, limits: config });
  let check: RowCheck | undefined;
  let writer: NumberedText | undefined;
  let copy: Copy | undefined;
  let rowsRead = 0;
  try {
    await readRows(content, feed, config.maxRowBytes, {
      header(header) {
        check = compileRows(feed, header);
        writer = new NumberedText(check, feed.quote.charCodeAt(0));
        copy = startCopy(client, copyStatement(delivery, check));
      },
      row(row) {
        rowsRead++;
        const isInvalid = check!.check(row) === INVALID;
        if (!isInvalid) writer!.write(row);
        const raw = row.bytes.subarray(row.start, row.end);
        recorded.meet(row.line, content.raw ? content.raw(raw) : raw, isInvalid);
      },
      async afterBlock(bytes) {
        if (signal.aborted) throw interrupted();
        for (const chunk of writer?.take() ?? []) await copy!.write(chunk);
        writer?.sent();
        await recorded.settle();
        progress({ delivery, bytes, rows: rowsRead });
      },
    });
    return { rowsRead, rowsValid: await copy!.end() };
  } catch (error) {
    copy?.abort();
    throw error;
  } finally {
    await content.close();
  }
}

function copyStatement({ feed }: Delivery, check: RowCheck): string {
  const names = check.fields.flatMap((field) => (field ? [field.column.name] : []));
  return statement('verify/copy_expected', {
    columns: ['line_number', ...names],
    encoding: ENCODINGS[feed.encoding],
  });
}

/** The raw text of some rows, told by their lines. */
export async function readLines(
  { config }: Pick<VerifyContext, 'config'>,
  { feed, fileName, path }: Delivery,
  lines: ReadonlySet<number>,
): Promise<Map<number, string>> {
  const texts = new Map<number, string>();
  if (lines.size === 0) return texts;
  const content = await openContent(path, fileName, { encoding: feed.encoding, limits: config });
  try {
    await readRows(content, feed, config.maxRowBytes, {
      header() {},
      row({ line, bytes, start, end }) {
        if (lines.has(line)) texts.set(line, shownBytes(bytes.subarray(start, end), rowEncoding(feed)));
      },
      async afterBlock() {},
    });
    return texts;
  } finally {
    await content.close();
  }
}

export function interrupted(): TallyError {
  return new TallyError('interrupted', 'Interrupted. A verification changes nothing, so nothing is lost.', {
    hint: 'Run the same command again; --feed, --agency or --load make it shorter.',
  });
}
