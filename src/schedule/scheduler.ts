import { statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import cron from 'node-cron';
import type { Clock } from '../clock.js';
import type { Config } from '../config.js';
import { TallyError } from '../errors.js';
import { openLog } from '../log.js';
import { askLedger } from '../run/status.js';
import { inTime, orAborted } from '../until.js';
import type { Client } from '../warehouse/connect.js';
import { startChild, type Child } from './child.js';
import { choose } from './choose.js';
import { NOT_DECLARED, planSlots, syncJobs, type PlannedJob } from './plan.js';
import { loadSchedule, schedulePath, type Job } from './schedule.js';
import { settleChild, settleDead, tellPeople, type SettleContext } from './settle.js';
import {
  announceScheduler,
  claimSlot,
  listOpenSlots,
  passOver,
  type OpenSlot,
  type PassedOver,
  type Slot,
  type SlotState,
} from './slots.js';

/** What a scheduler tells of, as it happens. */
export type Told =
  | { what: 'begins'; job: string; slot: Date; attempt: number }
  | { what: 'ended'; job: string; slot: Date; state: SlotState; message: string | null; again: Date | null }
  | { what: 'passed over'; job: string; state: 'missed' | 'failed'; slots: Date[]; message: string }
  | { what: 'schedule'; jobs: number }
  | { what: 'trouble'; code: string; message: string };

export interface SchedulerOptions {
  config: Config;
  clock: Clock;
  /** That of the processes that it starts. */
  environment: NodeJS.ProcessEnv;
  tell(told: Told): void;
  /** How long a process that should end may take to. */
  graceMs?: number;
}

const GRACE_MS = 10_000;
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 30_000;

/**
 * Runs what is due, and what was missed. All that it knows stands in the ledger, so it may be killed at any moment
 * and there may be several: whoever looks next goes on. It looks each second, and when a job has ended.
 */
export class Scheduler {
  private readonly log;
  private readonly children = new Map<string, Child>();
  private readonly stopped = new AbortController();
  private readonly hurried = new AbortController();
  private readonly graceMs: number;
  private jobs: Job[];
  private readAt: string;
  private planned: PlannedJob[] | undefined;
  private looking: Promise<void> | undefined;
  private isTold = false;
  /** Whether a slot came to an end that its own process could not tell people of. */
  private hasNews = false;
  private lastTrouble: string | undefined;
  /** Resolved when it is over. */
  readonly closed: Promise<void>;

  private constructor(
    private readonly options: SchedulerOptions,
    ready: (error?: unknown) => void,
  ) {
    this.readAt = stampOf(options.config.workspace);
    this.jobs = loadSchedule(options.config);
    this.log = openLog(options.config);
    this.graceMs = options.graceMs ?? GRACE_MS;
    this.closed = this.serve(ready);
  }

  /** Fails where the schedule or the database cannot be used; later it waits until they can be again. */
  static async start(options: SchedulerOptions): Promise<Scheduler> {
    let scheduler: Scheduler | undefined;
    await new Promise<void>((resolve, reject) => {
      scheduler = new Scheduler(options, (error) =>
        error === undefined ? resolve() : reject(error as Error),
      );
    });
    return scheduler!;
  }

  /**
   * Nothing more is begun. What is going on may come to its end for as long as the setting says, unless there is a
   * hurry; then it is rolled back.
   */
  close(inHurry = false): Promise<void> {
    this.stopped.abort();
    if (inHurry) this.hurried.abort();
    return this.closed;
  }

  /** One connection after the other, for as long as there is something to do. */
  private async serve(ready: (error?: unknown) => void): Promise<void> {
    let pause = FIRST_PAUSE_MS;
    let isReady = false;
    try {
      while (!this.stopped.signal.aborted || this.children.size > 0) {
        try {
          await askLedger(this.options.config, async (client) => {
            this.planned = undefined;
            await announceScheduler(client);
            await this.lookAgain(client);
            isReady = true;
            ready();
            pause = FIRST_PAUSE_MS;
            await this.untilDone(client);
          });
        } catch (error) {
          if (!isReady) {
            ready(error);
            return;
          }
          this.trouble(error);
          await sleep(pause, undefined, { signal: this.stopped.signal }).catch(() => {});
          pause = Math.min(2 * pause, LONGEST_PAUSE_MS);
          // Without a database there is nobody to tell what came of the children.
          if (this.stopped.signal.aborted) await this.endChildren().then(() => this.children.clear());
        }
      }
    } finally {
      this.log.end();
    }
  }

  /** Looks each second until it is told to stop, and then until the children are gone. */
  private async untilDone(client: Client): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const ticker = cron.schedule('* * * * * *', () => this.look(client).catch(fail), {
        timezone: 'UTC',
        suppressMissedWarning: true,
        noOverlap: true,
        logger: SILENT,
      });
      const done = (settle: () => void): void => {
        void ticker.destroy();
        settle();
      };
      const fail = (error: unknown): void => done(() => reject(error as Error));
      const stop = (): void => done(resolve);
      if (this.stopped.signal.aborted) stop();
      else this.stopped.signal.addEventListener('abort', stop, { once: true });
    });
    await this.looking?.catch(() => {});
    await this.endChildren();
    await this.look(client);
  }

  /** One look at a time; whoever asks meanwhile waits for the one that is going on. */
  private look(client: Client): Promise<void> {
    this.looking ??= this.lookAgain(client).finally(() => (this.looking = undefined));
    return this.looking;
  }

  private async lookAgain(client: Client): Promise<void> {
    await this.settleChildren(client);
    await this.tellNews(client);
    if (this.stopped.signal.aborted) return;
    this.readAgain();
    if (!this.planned) {
      const { planned, passedOver } = await syncJobs(client, this.jobs, this.now());
      if (!this.isTold) this.tell({ what: 'schedule', jobs: this.jobs.length });
      this.isTold = true;
      this.planned = planned;
      this.tellPassedOver(passedOver, NOT_DECLARED);
    }
    await planSlots(client, this.planned, this.now());
    const open = await listOpenSlots(client);
    for (const slot of open) await this.settleIfDead(client, slot);
    for (const job of this.jobs) {
      const ofJob = open.filter((slot) => slot.job === job.name);
      if (ofJob.length > 0 && !this.children.has(job.name)) await this.goOn(client, job, ofJob);
    }
    this.lastTrouble = undefined;
  }

  private async goOn(client: Client, job: Job, open: OpenSlot[]): Promise<void> {
    const { begin, passedOver } = choose(job.missed, open, this.now());
    if (passedOver.length > 0) {
      const why = begin ? 'A later slot goes in its place.' : 'It came too late.';
      this.tellPassedOver(await passOver(client, passedOver, this.now(), { why, isNews: true }), why);
    }
    if (!begin || this.stopped.signal.aborted || !(await claimSlot(client, begin))) return;
    const { config, environment } = this.options;
    const child = startChild(job, begin, { workspace: config.workspace, environment, graceMs: this.graceMs });
    this.children.set(job.name, child);
    this.tell({ what: 'begins', job: job.name, slot: begin.slot, attempt: begin.attempts + 1 });
    // What is next need not wait for the next tick.
    void child.ended.then(() => this.look(client)).catch(() => {});
  }

  private async settleChildren(client: Client): Promise<void> {
    for (const child of [...this.children.values()].filter(({ exited }) => exited)) {
      const slot = await settleChild(this.context(client), child, this.stopped.signal.aborted);
      if (!slot) continue;
      this.children.delete(child.job.name);
      // If it was not begun, another scheduler tells of it.
      if (slot.attempts > child.slot.attempts) this.tellEnded(slot);
    }
  }

  private async settleIfDead(client: Client, slot: OpenSlot): Promise<void> {
    if (slot.state !== 'running' || slot.locked || this.children.has(slot.job)) return;
    const job = this.jobs.find(({ name }) => name === slot.job);
    const settled = await settleDead(this.context(client), job, slot);
    if (settled) this.tellEnded(settled);
  }

  private async tellNews(client: Client): Promise<void> {
    if (!this.hasNews) return;
    this.hasNews = false;
    await tellPeople(this.context(client));
  }

  /** Lets the children come to their end, then asks them to, then makes them. */
  private async endChildren(): Promise<void> {
    const going = [...this.children.values()].filter(({ exited }) => !exited);
    const gone = Promise.all(going.map(({ ended }) => ended));
    const within = (ms: number, signal: AbortSignal): Promise<unknown> =>
      inTime(ms, signal, (over) => orAborted(over, gone).catch(() => {}));
    await within(this.options.config.stopWaitSeconds * 1000, this.hurried.signal);
    for (const child of going) if (!child.exited) child.interrupt();
    await within(this.graceMs, new AbortController().signal);
    for (const child of going) if (!child.exited) child.kill();
    await gone;
  }

  /** A schedule that was changed holds from now on; one that was broken does not, and the one before goes on. */
  private readAgain(): void {
    const stamp = stampOf(this.options.config.workspace);
    if (stamp === this.readAt) return;
    this.readAt = stamp;
    try {
      this.jobs = loadSchedule(this.options.config);
      this.planned = undefined;
      this.isTold = false;
    } catch (error) {
      this.trouble(error);
    }
  }

  private tellEnded({ job, slot, state, message, not_before: notBefore }: Slot): void {
    if (state !== 'done') this.hasNews = true;
    this.tell({ what: 'ended', job, slot, state, message, again: state === 'waiting' ? notBefore : null });
  }

  private tellPassedOver(passedOver: PassedOver[], message: string): void {
    const keyOf = ({ job, state }: PassedOver): string => `${job} ${state}`;
    for (const key of new Set(passedOver.map(keyOf))) {
      const alike = passedOver.filter((each) => keyOf(each) === key);
      const { job, state } = alike[0]!;
      const slots = alike.map(({ slot }) => slot).sort((a, b) => a.getTime() - b.getTime());
      this.hasNews = true;
      this.tell({ what: 'passed over', job, state, slots, message });
    }
  }

  /** The same trouble is told once. */
  private trouble(error: unknown): void {
    const code = error instanceof TallyError ? error.code : 'unexpected';
    const { message } = error as Error;
    if (this.lastTrouble === message) return;
    this.lastTrouble = message;
    this.log.error('scheduler', { error });
    this.options.tell({ what: 'trouble', code, message });
  }

  private tell(told: Told): void {
    this.log.info('schedule', told);
    this.options.tell(told);
  }

  private context(client: Client): SettleContext {
    const { config, clock } = this.options;
    return { client, config, clock, log: this.log };
  }

  private now(): Date {
    return this.options.clock.now();
  }
}

const SILENT = { info: () => {}, warn: () => {}, error: () => {}, debug: () => {} };

/** Changes when the file does. */
function stampOf(workspace: string): string {
  const found = statSync(schedulePath(workspace), { throwIfNoEntry: false });
  return found ? `${found.ino} ${found.size} ${found.mtimeMs}` : '';
}
