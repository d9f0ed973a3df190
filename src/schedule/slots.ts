import { hostname } from 'node:os';
import type { Client } from '../warehouse/connect.js';
import { statement } from '../warehouse/statements.js';

/** The slots of the schedule, as the ledger keeps them: each function is one statement of sql/statements/schedule. */

export type SlotState = 'waiting' | 'running' | 'done' | 'held' | 'failed' | 'missed';

/** A slot that is not closed: it is going on, or waits for its first attempt or the next one. */
export interface OpenSlot {
  slot_id: string;
  job: string;
  slot: Date;
  by_hand: boolean;
  state: 'waiting' | 'running';
  attempts: number;
  failures: number;
  not_before: Date;
  claimed_by: string | null;
  code: string | null;
  message: string | null;
  /** Whether a scheduler is about to begin it. */
  claimed: boolean;
  /** Whether a process is at work for its job, in this slot or another. */
  locked: boolean;
}

export interface Slot extends Omit<OpenSlot, 'state' | 'claimed_by' | 'claimed' | 'locked'> {
  state: SlotState;
  started_at: Date | null;
  finished_at: Date | null;
  /** That of its last attempt. */
  run_id: string | null;
}

/** The attempt that a process has begun. */
export interface Begun {
  slot_id: string;
  slot: Date;
  attempts: number;
  failures: number;
  by_hand: boolean;
}

/** What becomes of a slot after an attempt. */
export interface Closing {
  state: 'waiting' | 'done' | 'held' | 'failed';
  failures: number;
  notBefore: Date | null;
  finishedAt: Date | null;
  code: string | null;
  message: string | null;
}

/** How the ledger calls this process, or a child of it. */
export function processName(pid: number = process.pid): string {
  return `${hostname()} ${pid}`;
}

/** Held by whoever works on a job as long as they live, and given back with their connection. */
export function jobLock(job: string): string {
  return `tally job ${job}`;
}

/** A job of schedule.yaml, as a scheduler saw it last. */
export interface KnownJob {
  job: string;
  cron: string;
  time_zone: string;
  /** All moments up to this one at which it was due have a slot. */
  planned_until: Date;
}

export async function listKnownJobs(client: Client): Promise<KnownJob[]> {
  return (await client.query<KnownJob>(statement('schedule/list_jobs'))).rows;
}

/** Says, for as long as this connection lives, that a scheduler is up. */
export async function announceScheduler(client: Client): Promise<void> {
  await client.query(statement('schedule/announce'));
}

/** How many are up, on whichever machine. */
export async function countSchedulers(client: Client): Promise<number> {
  const { rows } = await client.query<{ schedulers: number }>(statement('schedule/count_schedulers'));
  return rows[0]!.schedulers;
}

export async function listOpenSlots(client: Client): Promise<OpenSlot[]> {
  return (await client.query<OpenSlot>(statement('schedule/list_open_slots'))).rows;
}

export interface SlotFilter {
  job?: string | undefined;
  state?: string | undefined;
  slotId?: string | undefined;
}

/** The latest first. */
export async function listSlots(client: Client, filter: SlotFilter, limit: number): Promise<Slot[]> {
  const values = [filter.job, filter.state, filter.slotId, limit];
  return (await client.query<Slot>(statement('schedule/list_slots'), values)).rows;
}

export interface LastSlot {
  job: string;
  slot: Date;
  state: SlotState;
  code: string | null;
  message: string | null;
}

export async function listLastSlots(client: Client, jobs: string[]): Promise<LastSlot[]> {
  return (await client.query<LastSlot>(statement('schedule/list_last_slots'), [jobs])).rows;
}

/** So long a process may take from its start to its lock; until then no other scheduler starts one. */
const CLAIM_SECONDS = 20;

/** Says that this scheduler is about to begin it; false if another one is. */
export async function claimSlot(client: Client, { slot_id: id, attempts }: OpenSlot): Promise<boolean> {
  const values = [id, attempts, processName(), CLAIM_SECONDS];
  return (await client.query(statement('schedule/claim_slot'), values)).rowCount === 1;
}

export async function releaseSlot(client: Client, { slot_id: id, attempts }: OpenSlot): Promise<void> {
  await client.query(statement('schedule/release_slot'), [id, attempts, processName()]);
}

/** Begins an attempt of a slot that waits. The caller holds the job's lock. */
export async function beginSlot(
  client: Client,
  at: { job: string; slotId: string; now: Date; runId: string },
): Promise<Begun | undefined> {
  const values = [at.slotId, at.now, processName(), at.runId, at.job];
  return (await client.query<Begun>(statement('schedule/begin_slot'), values)).rows[0];
}

/** Begins a slot that nobody planned. The caller holds the job's lock. */
export async function beginByHand(
  client: Client,
  at: { job: string; now: Date; runId: string },
): Promise<Begun> {
  const values = [at.job, at.now, processName(), at.runId];
  return (await client.query<Begun>(statement('schedule/begin_by_hand'), values)).rows[0]!;
}

/** Says what came of an attempt; false if that is said already. */
export async function closeAttempt(
  client: Client,
  slot: { slot_id: string; attempts: number },
  { state, failures, notBefore, finishedAt, code, message }: Closing,
  attempts: number = slot.attempts,
): Promise<boolean> {
  const values = [
    slot.slot_id,
    slot.attempts,
    state,
    attempts,
    failures,
    notBefore,
    finishedAt,
    code,
    message,
  ];
  return (await client.query(statement('schedule/close_attempt'), values)).rowCount === 1;
}

export interface PassedOver {
  job: string;
  slot: Date;
  state: 'missed' | 'failed';
}

/** Slots that nobody will begin (again); no news are those that somebody took out of the schedule. */
export async function passOver(
  client: Client,
  slots: OpenSlot[],
  now: Date,
  { why, isNews }: { why: string; isNews: boolean },
): Promise<PassedOver[]> {
  const values = [slots.map((slot) => slot.slot_id), now, why, isNews];
  return (await client.query<PassedOver>(statement('schedule/pass_over_slots'), values)).rows;
}
