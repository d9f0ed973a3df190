import type { Clock } from '../clock.js';
import type { Config } from '../config.js';
import type { Client } from '../warehouse/connect.js';
import { statement } from '../warehouse/statements.js';
import { transaction } from '../warehouse/transaction.js';
import type { Alarm } from './alarm.js';
import { channelNames } from './channels.js';
import { noticeJobRecovery, noticeSlots, type EndedSlot } from './job.js';
import {
  isKnown,
  noticeLateness,
  noticeLoad,
  noticeRecovery,
  noticeRun,
  noticeRunRecovery,
  type AgencyState,
  type EndedLoad,
  type EndedRun,
  type OpenAlarm,
} from './notice.js';

export interface WatchContext {
  client: Client;
  clock: Clock;
  config: Pick<Config, 'alarms' | 'timeZone'>;
}

/**
 * Looks at what has ended since someone last looked, and at what is late now, and writes down what people are to be
 * told. Because the ledger itself says what was looked at, nothing is missed when a process dies: whoever comes next
 * finds it. How it stands with the agencies is asked after the open alarms are known: what is fresh by then has
 * recovered from all of them.
 */
export async function watch(
  context: WatchContext,
  statesNow: () => Promise<AgencyState[]>,
): Promise<{ raised: number }> {
  const { client, config } = context;
  return transaction(client, async () => {
    const loads = await ask<EndedLoad>(client, statement('alarms/list_unwatched_loads'));
    const runs = await ask<EndedRun>(client, statement('alarms/list_unwatched_runs'));
    const slots = await ask<EndedSlot>(client, statement('alarms/list_unwatched_slots'));
    const trouble = [
      ...loads.map((load) => noticeLoad(load, config.alarms.invalidShareRise)),
      ...runs.map(noticeRun),
      ...noticeSlots(slots, config.timeZone),
    ];
    let open = await listOpen(client);
    let raised = await raise(context, unknown(trouble, open));
    if (raised > 0) open = await listOpen(client);
    const states = await statesNow();
    raised += await raise(context, states.map(noticeLateness).filter(isAlarm));
    raised += await raise(context, await recoveries(context, open, { states, runs, slots }));
    await client.query(statement('alarms/mark_watched'), [
      loads.map(({ load_id }) => load_id),
      runs.map(({ run_id }) => run_id),
      slots.map(({ slot_id }) => slot_id),
    ]);
    return { raised };
  });
}

async function recoveries(
  { client, clock, config }: WatchContext,
  open: OpenAlarm[],
  { states, runs, slots }: { states: AgencyState[]; runs: EndedRun[]; slots: EndedSlot[] },
): Promise<Alarm[]> {
  const groups = [
    ...states
      .filter(({ state }) => state === 'fresh')
      .map((each) => ({
        over: open.filter(({ feed, agency }) => feed === each.feed && agency === each.agency),
        notice: (over: OpenAlarm[]) => noticeRecovery(each, over),
      })),
    ...lastOfEach(runs, ({ command }) => command)
      .filter(({ outcome }) => outcome === 'done' || outcome === 'held')
      .map((run) => ({
        over: open.filter(
          ({ feed, job, file_name }) => feed === null && job === null && file_name === run.command,
        ),
        notice: (over: OpenAlarm[]) => noticeRunRecovery(run, over),
      })),
    ...lastOfEach(slots, ({ job }) => job)
      .filter(({ state }) => state === 'done' || state === 'held')
      .map((slot) => ({
        over: open.filter(({ job }) => job === slot.job),
        notice: (over: OpenAlarm[]) => noticeJobRecovery(slot, over, config.timeZone),
      })),
  ].filter(({ over }) => over.length > 0);
  const ids = groups.flatMap(({ over }) => over.map(({ alarm_id }) => alarm_id));
  if (ids.length > 0) await client.query(statement('alarms/mark_recovered'), [ids, clock.now()]);
  return groups.map(({ over, notice }) => notice(over));
}

/** The same failure twice in one look is one, as is one that is open. */
function unknown(alarms: (Alarm | undefined)[], open: OpenAlarm[]): Alarm[] {
  const told = [...open];
  return alarms.filter(isAlarm).filter((alarm) => {
    if (isKnown(alarm, told)) return false;
    told.push({ ...alarm, alarm_id: '' });
    return true;
  });
}

/** Of each command the run that ended it last; of each job its last slot. */
function lastOfEach<T>(ended: T[], nameOf: (each: T) => string): T[] {
  return [...new Map(ended.map((each) => [nameOf(each), each])).values()];
}

async function raise({ client, clock, config }: WatchContext, alarms: Alarm[]): Promise<number> {
  if (alarms.length === 0) return 0;
  const values = [JSON.stringify(alarms), clock.now(), channelNames(config.alarms)];
  const [row] = await ask<{ raised: string }>(client, statement('alarms/raise'), values);
  return Number(row!.raised);
}

function listOpen(client: Client): Promise<OpenAlarm[]> {
  return ask<OpenAlarm>(client, statement('alarms/list_open'));
}

async function ask<Row extends object>(client: Client, sql: string, values: unknown[] = []): Promise<Row[]> {
  return (await client.query<Row>(sql, values)).rows;
}

function isAlarm(alarm: Alarm | undefined): alarm is Alarm {
  return alarm !== undefined;
}
