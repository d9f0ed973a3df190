import type { Clock } from '../clock.js';
import type { Config } from '../config.js';
import { TallyError } from '../errors.js';
import { findAgency, loadAgencies } from '../feeds/agencies.js';
import type { LoadProgress } from '../load/delivery.js';
import type { VerifyOptions } from '../load/verify/context.js';
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

/** Verifies loads one after the other. Feeds and tables are taken as they are, and nothing is brought up to date. */
export async function verifyLoads(
  { config, clock }: { config: Config; clock: Clock },
  asked: VerifyAsked,
  watching: VerifyWatching,
): Promise<Verification[]> {
  const only = { feed: asked.feed, agency: agencyOf(config, asked.agency) };
  return askLedger(config, async (client, warehouse) => {
    const copies = new CommandCopies(config, warehouse);
    const context = { config, clock, client, warehouse, copies, ...watching };
    const loads = asked.load === undefined ? await listSubjects(client, only) : [asked.load];
    if (loads.length === 0 && (only.feed ?? only.agency) !== undefined) throw nothingOf(only);
    const done: Verification[] = [];
    try {
      for (const load of loads) {
        const verification = await verifyLoad(context, load, asked);
        watching.verified(verification);
        done.push(verification);
      }
    } finally {
      await copies.remove();
    }
    return done;
  });
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
