import { spawn } from 'node:child_process';
import { PACKAGE } from '../package.js';
import { timedOut } from './attempt.js';
import type { Ended } from './outcome.js';
import type { Job } from './schedule.js';
import type { OpenSlot } from './slots.js';

const TALLY = `${PACKAGE}bin/tally.js`;
/** What a process says that could not even begin is short; what a long run prints is of no use here. */
const MOST_OUTPUT = 64 * 1024;

/** A process that was started for an attempt of a slot. */
export interface Child {
  job: Job;
  slot: OpenSlot;
  /** Whether it is gone. */
  exited: boolean;
  /** Resolved when it is gone. */
  ended: Promise<void>;
  /** What ended it, if nobody else says so. */
  ending(): Ended & { outcome: 'failed' | 'crashed' };
  /** Whether it went of its own accord, without fault. */
  isFine(): boolean;
  /** Asks it to roll back and end. */
  interrupt(): void;
  kill(): void;
}

/**
 * Each attempt is a process of its own: it can be ended whatever it is doing, and its memory is given back. It ends
 * itself at the job's limit; one that does not is killed when `graceMs` are over, too.
 */
export function startChild(
  job: Job,
  slot: OpenSlot,
  how: { workspace: string; environment: NodeJS.ProcessEnv; graceMs: number },
): Child {
  // With the job as it was declared when it was due: the file may be being edited.
  const attempt = JSON.stringify({ slotId: slot.slot_id, job });
  const args = ['schedule', 'run', job.name, '--attempt', attempt, '--json', '--workspace', how.workspace];
  const child = spawn(process.execPath, [TALLY, ...args], {
    env: how.environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own: Ctrl+C in the terminal is for the scheduler, which lets the work at hand be finished.
    detached: process.platform !== 'win32',
    windowsHide: true,
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (output.length < MOST_OUTPUT) output += text;
  });
  child.stderr.resume();
  let isTooLong = false;
  const limit = setTimeout(() => {
    isTooLong = true;
    child.kill('SIGKILL');
  }, job.limitMs + how.graceMs);
  const started: Child = {
    job,
    slot,
    exited: false,
    ended: new Promise((resolve) => {
      const gone = (): void => {
        clearTimeout(limit);
        started.exited = true;
        resolve();
      };
      child.on('error', (error) => {
        output = JSON.stringify({ error: { code: 'job_crashed', message: error.message } });
        gone();
      });
      child.on('close', gone);
    }),
    ending: () => {
      const { code, message } = isTooLong ? timedOut(job) : (errorIn(output) ?? {});
      if (code && message) return { outcome: 'failed', code, message };
      const how = child.signalCode ? `was ended by ${child.signalCode}` : `ended with ${child.exitCode}`;
      return { outcome: 'crashed', message: `The process of the job ${how} before it was done.` };
    },
    isFine: () => child.exitCode === 0,
    interrupt: () => void child.kill('SIGTERM'),
    kill: () => void child.kill('SIGKILL'),
  };
  return started;
}

/** The error that a command printed as its document. */
function errorIn(output: string): { code?: string; message?: string } | undefined {
  try {
    return (JSON.parse(output) as { error?: { code: string; message: string } }).error;
  } catch {
    return undefined;
  }
}
