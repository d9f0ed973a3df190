import { TallyError } from '../../errors.js';
import { sqlState } from '../../warehouse/failure.js';
import { since } from '../record.js';
import { asFailure } from '../result.js';
import { compare, type Compared } from './compare.js';
import type { VerifyContext, VerifyOptions } from './context.js';
import { deliveryOf, type TakenDelivery } from './file.js';
import { interrupted, readLines } from './read.js';
import { recordVerification } from './record.js';
import { findSubject, type Subject } from './subject.js';
import { Differences, type Difference, type Verification } from './verification.js';

/**
 * Reads the delivery of a load again and compares it with the warehouse: checksum, counts, invalid rows and rows.
 * Nothing is changed but the ledger, which gets to know what was found.
 */
export async function verifyLoad(
  context: VerifyContext,
  loadId: string,
  options: VerifyOptions,
): Promise<Verification> {
  const { client, clock } = context;
  const began = clock.now();
  const subject = await findSubject(client, loadId);
  const examined = await examine(context, subject, options);
  const isCleanedSince =
    subject.invalidCleanedAt === null && (await findSubject(client, loadId)).invalidCleanedAt !== null;
  // What was cleaned while it was compared is no difference.
  if (examined.differenceCount > 0 && isCleanedSince) return verifyLoad(context, loadId, options);
  const { feedName: feed, agency, businessDate, fileName: file } = subject;
  const verification = {
    loadId,
    feed,
    agency,
    businessDate,
    file,
    rowForRow: options.rowForRow,
    ...examined,
    ...conclusion(subject, examined),
    seconds: since(began, clock.now()),
  };
  await recordVerification(client, verification, clock.now());
  return verification;
}

interface Examined {
  sha256: string | null;
  counted: Verification['counted'];
  fileDigest: string | null;
  tableDigest: string | null;
  differenceCount: number;
  differences: Difference[];
  obstacle: TallyError | undefined;
}

async function examine(
  context: VerifyContext,
  subject: Subject,
  { rowForRow, limit, file }: VerifyOptions,
): Promise<Examined> {
  const differences = new Differences(limit);
  let delivery: TakenDelivery | undefined;
  let compared: Partial<Compared> = {};
  let lines = new Map<number, string>();
  try {
    delivery = await deliveryOf(context, subject, file);
    if (delivery.sha256 !== subject.sha256) {
      const message = `the file has the sha256 ${delivery.sha256}; when it was delivered it was ${subject.sha256}`;
      differences.add('file', message);
    }
    compared = await compare(context, subject, delivery, rowForRow, differences);
    lines = await readLines(context, delivery, linesOf(differences));
  } catch (error) {
    const obstacle = obstacleOf(context, error);
    compared.obstacle = obstacle;
    if (obstacle.code === 'warehouse_differs') differences.add('table', obstacle.message);
    else if (differences.count > 0) differences.add('file', obstacle.message);
  } finally {
    await delivery?.release();
  }
  const { counted = null, fileDigest = null, tableDigest = null, obstacle } = compared;
  return {
    sha256: delivery?.sha256 ?? null,
    counted,
    fileDigest,
    tableDigest,
    differenceCount: differences.count,
    differences: differences.first().map((each) => withRow(each, lines)),
    obstacle,
  };
}

/** What keeps this load from being verified; what concerns more than this load is thrown. */
function obstacleOf({ signal }: VerifyContext, error: unknown): TallyError {
  if (signal.aborted) throw sqlState(error) === '57014' ? interrupted() : error;
  const failure = asFailure(error);
  if (failure.code.startsWith('database_')) throw error;
  return failure;
}

/** The lines whose row is to be shown as it stands in the file. */
function linesOf(differences: Differences): Set<number> {
  return new Set(
    differences.first().flatMap(({ line, row }) => (line === null || row !== null ? [] : [line])),
  );
}

function withRow(difference: Difference, lines: Map<number, string>): Difference {
  return { ...difference, row: difference.row ?? lines.get(difference.line ?? 0) ?? null };
}

function conclusion(
  { loadId, feed }: Subject,
  { differenceCount: count, differences, obstacle }: Examined,
): Pick<Verification, 'outcome' | 'code' | 'message' | 'hint'> {
  if (count > 0) {
    const isFile = differences.some(({ kind }) => kind === 'file');
    const reload = 'To put the rows back as they were delivered: tally load FILE --force';
    return {
      outcome: 'different',
      code: 'warehouse_differs',
      message: `${count === 1 ? '1 difference' : `${count} differences`} between the file of load ${loadId} and the warehouse.`,
      // A file that was touched is nothing to load; and what was appended stays as it is.
      hint: isFile ? 'Is there a copy of the file elsewhere?' : feed?.mode === 'append' ? null : reload,
    };
  }
  if (obstacle) {
    const { message, hint = null } = obstacle;
    return { outcome: 'unverifiable', code: 'not_verifiable', message, hint };
  }
  return { outcome: 'verified', code: null, message: null, hint: null };
}
