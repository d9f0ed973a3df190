import { isDeepStrictEqual } from 'node:util';
import type { ErrorCode } from '../errors.js';
import { FINAL_CODES } from '../errors.js';
import type { Control } from '../inbox/manifest.js';
import type { Client } from '../warehouse/connect.js';
import { prepared } from '../warehouse/statements.js';
import type { Delivery } from './delivery.js';
import type { LoadOptions } from './load.js';

/** The load whose rows readers see now. */
export interface CurrentLoad {
  loadId: string;
  businessDate: string;
  rowsLoaded: number;
  rowsInvalid: number;
  sha256: string;
  control: Control | null;
}

export type Decision =
  /** `before`: what readers see so far. */
  | { action: 'load'; live: boolean; before: CurrentLoad | undefined }
  | { action: 'unchanged'; same: CurrentLoad; message: string }
  /** `settled`: its rows are in the warehouse, so the file has done its duty. */
  | { action: 'skip'; code: string; settled: boolean; loadId: string; deliveryId: string; message: string };

export async function currentLoad(
  client: Client,
  feed: string,
  agency: string,
): Promise<CurrentLoad | undefined> {
  const { rows } = await client.query<{
    load_id: string;
    business_date: string;
    rows_loaded: string;
    rows_invalid: string;
    sha256: string;
    control: Control | null;
  }>(prepared('ledger/find_current_load', [feed, agency]));
  return (
    rows[0] && {
      loadId: rows[0].load_id,
      businessDate: rows[0].business_date,
      rowsLoaded: Number(rows[0].rows_loaded),
      rowsInvalid: Number(rows[0].rows_invalid),
      sha256: rows[0].sha256,
      control: rows[0].control,
    }
  );
}

/** What is to be done with a delivery, by what the ledger knows of its content. `asked`: someone wants it loaded. */
export async function decide(
  client: Client,
  delivery: Delivery,
  asked: Pick<LoadOptions, 'again' | 'force' | 'replay'>,
): Promise<Decision> {
  const { feed, agency, businessDate, sha256, control } = delivery;
  const current = await currentLoad(client, feed.name, agency.key);
  const isPast = current !== undefined && businessDate < current.businessDate;
  const load: Decision = { action: 'load', live: feed.mode !== 'replace' || !isPast, before: current };
  if (asked.force || asked.replay) return load;

  const { rows } = await client.query<{
    load_id: string;
    outcome: string;
    code: string | null;
    message: string | null;
    rolled_back_at: Date | null;
    feed_changed: boolean;
    control_changed: boolean;
    delivery_id: string;
  }>(
    prepared('ledger/find_same_content', [
      feed.name,
      agency.key,
      businessDate,
      sha256,
      control && JSON.stringify(control),
    ]),
  );
  const same = rows[0];
  if (same) {
    const skip = { action: 'skip' as const, loadId: same.load_id, deliveryId: same.delivery_id };
    if (same.rolled_back_at !== null) {
      const message = `the same content was rolled back after load ${same.load_id}; to load it all the same: --force`;
      return { ...skip, code: 'rolled_back', settled: false, message };
    }
    if (same.outcome === 'loaded' || same.outcome === 'unchanged') {
      const message = `the same content was loaded for ${businessDate} by load ${same.load_id}`;
      return { ...skip, code: 'known', settled: true, message };
    }
    if (same.outcome === 'held' && !same.feed_changed) {
      const message = `held since load ${same.load_id}: ${same.message} Accept: tally load --accept-held ${same.load_id}`;
      return { ...skip, code: 'still_held', settled: false, message };
    }
    const isFinal = same.outcome === 'failed' && FINAL_CODES.includes(same.code as ErrorCode);
    if (isFinal && !same.feed_changed && !same.control_changed && !asked.again) {
      const message = `refused by load ${same.load_id}, and the file has not changed: ${same.message}`;
      return { ...skip, code: 'still_refused', settled: false, message };
    }
  }
  // What a manifest says anew of the rows can only be held against them by reading them.
  const isControlled = control !== undefined && !isDeepStrictEqual(control, current?.control);
  if (current?.sha256 === sha256 && businessDate > current.businessDate && !isControlled) {
    return {
      action: 'unchanged',
      same: current,
      message: `the same content as load ${current.loadId} of ${current.businessDate}`,
    };
  }
  return load;
}
