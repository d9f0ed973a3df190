import type { Clock } from '../clock.js';
import type { Config } from '../config.js';
import { TallyError } from '../errors.js';
import { findAgency, loadAgencies } from '../feeds/agencies.js';
import type { LoadProgress } from '../load/delivery.js';
import type { VerifyContext, VerifyOptions } from '../load/verify/context.js';
import { listSubjects } from '../load/verify/subject.js';
import type { Verification } from '../load/verify/verification.js';
import { verifyLoad } from '../load/verify/verify.js';
import { CommandCopies } from './copies.js';
import { askLedger } from './status.js';

export interface VerifyAsked extends VerifyOptions {
  /** One load, whether readers see its rows or not. */
  load?: string | undefined;
  /** Else all that readers see, or those of a feed or an agency. */
  feed?: string | undefined;
  agency?: string | undefined;
}

export interface VerifyWatching {
  signal: AbortSignal;
  progress(done: LoadProgress): void;
  verified(result: Verification): void;
}

export interface Verified {
  verifications: Verification[];
  /** How many loads were passed over because their files were cleaned from the archive. */
  cleaned: number;
}

/** Verifies loads over a connection of its own, and brings nothing up to date for it. */
export async function verifyLoads(
  { config, clock }: { config: Config; clock: Clock },
  asked: VerifyAsked,
  watching: VerifyWatching,
): Promise<Verified> {
  return askLedger(config, async (client, warehouse) => {
    const copies = new CommandCopies(config, warehouse);
    try {
      return await verifyEach({ config, clock, client, warehouse, copies, ...watching }, asked);
    } finally {
      await copies.remove();
    }
  });
}

/** Verifies loads one after the other. Feeds and tables are taken as they are. */
export async function verifyEach(
  context: VerifyContext & VerifyWatching,
  asked: VerifyAsked,
): Promise<Verified> {
  const { client, config } = context;
  const only = { feed: asked.feed, agency: agencyOf(config, asked.agency) };
  const { loads, cleaned } =
    asked.load === undefined ? await listSubjects(client, only) : { loads: [asked.load], cleaned: 0 };
  if (loads.length + cleaned === 0 && (only.feed ?? only.agency) !== undefined) throw nothingOf(only);
  const verifications: Verification[] = [];
  for (const load of loads) {
    const verification = await verifyLoad(context, load, asked);
    context.verified(verification);
    verifications.push(verification);
  }
  return { verifications, cleaned };
}

/** An agency that is not declared may have delivered all the same, so the ledger is asked for any. */
function agencyOf(config: Config, token: string | undefined): string | undefined {
  if (token === undefined) return undefined;
  return findAgency(loadAgencies(config.workspace), token)?.key ?? token;
}

/** To have verified nothing must not look as if all were well. */
function nothingOf({ feed, agency }: { feed: string | undefined; agency: string | undefined }): TallyError {
  const whose = [feed && `of the feed ${feed}`, agency && `of the agency ${agency}`]
    .filter(Boolean)
    .join(' ');
  return new TallyError('not_verifiable', `There is no live load ${whose}.`, {
    hint: 'tally status shows the feeds and agencies that have delivered.',
  });
}
