import { localTime } from '../clock.js';
import type { Alarm } from './alarm.js';
import { nothingKnown, sentence, type OpenAlarm } from './notice.js';

/** What becomes an alarm of a job of the schedule: pure functions of what the ledger says of its slots. */

/** A slot that was closed, as the ledger has it. */
export interface EndedSlot {
  slot_id: string;
  job: string;
  slot: Date;
  by_hand: boolean;
  state: string;
  attempts: number;
  code: string | null;
  message: string | null;
}

/** Each slot that failed for good, and of each job, however many they are, those that were missed. */
export function noticeSlots(slots: EndedSlot[], timeZone: string): Alarm[] {
  const missed = slots.filter(({ state }) => state === 'missed');
  const jobs = [...new Set(missed.map(({ job }) => job))];
  return [
    // Who began it by hand is told by its run, as of any command.
    ...slots
      .filter(({ state, by_hand: byHand }) => state === 'failed' && !byHand)
      .map((slot) => failed(slot, timeZone)),
    ...jobs.map((name) =>
      notBegun(
        missed.filter(({ job }) => job === name),
        timeZone,
      ),
    ),
  ];
}

function failed(slot: EndedSlot, timeZone: string): Alarm {
  const { job, attempts, code, message } = slot;
  const tried = attempts === 1 ? 'its only attempt' : `${attempts} attempts`;
  return {
    ...aboutSlot(slot, 'failed', timeZone),
    code,
    what: `The job ${job}, due ${whenOf(slot, timeZone)}, failed for good after ${tried}: ${sentence(message ?? 'for no known reason')}`,
    numbers: { attempts },
    next_command: `tally schedule run ${job}`,
  };
}

function notBegun(slots: EndedSlot[], timeZone: string): Alarm {
  const [first, last] = [slots[0]!, slots.at(-1)!];
  const times =
    slots.length === 1
      ? `at ${whenOf(last, timeZone)}`
      : `${slots.length} times, from ${whenOf(first, timeZone)} to ${whenOf(last, timeZone)}`;
  return {
    ...aboutSlot(last, 'missed', timeZone),
    code: 'missed',
    what: `The job ${last.job} was due and not begun ${times}. ${last.message ?? ''}`.trim(),
    numbers: { missed: slots.length },
    next_command: `tally schedule slots --job ${last.job}`,
  };
}

/** `over`: the trouble that has ended, at least one. */
export function noticeJobRecovery(slot: EndedSlot, over: OpenAlarm[], timeZone: string): Alarm {
  return {
    ...aboutSlot(slot, 'recovered', timeZone),
    key: `recovered ${over.at(-1)!.alarm_id}`,
    kind: 'recovered',
    what: `The job ${slot.job} is well again (${slot.by_hand ? 'by hand' : 'due'} ${whenOf(slot, timeZone)}).`,
    numbers: { alarms: over.length },
    next_command: null,
  };
}

/** Of the day on which it was due: of each day the same failure is told once. */
function aboutSlot({ slot_id: id, slot, job }: EndedSlot, what: string, timeZone: string) {
  const { day } = localTime(slot, timeZone);
  return { ...nothingKnown, key: `slot ${id} ${what}`, kind: 'failed' as const, job, business_date: day };
}

function whenOf({ slot }: EndedSlot, timeZone: string): string {
  const { day, time } = localTime(slot, timeZone);
  return `${day} ${time} (${timeZone})`;
}
