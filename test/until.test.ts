import { describe, expect, test } from '@jest/globals';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { inTime, orAborted } from '../src/until.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
setFlagsFromString('--no-expose-gc');

const never = new Promise<never>(() => {});

describe('work in time', () => {
  test('is told when the time is over, whatever is collected as garbage meanwhile', async () => {
    const waits = inTime(50, new AbortController().signal, async (signal, isLate) => {
      await orAborted(signal, never).catch(() => {});
      return isLate();
    });
    await Promise.resolve();
    collectGarbage();
    expect(await waits).toBe(true);
  });

  test('is told when the signal from outside comes, which is not the time', async () => {
    const outside = new AbortController();
    const waits = inTime(60_000, outside.signal, async (signal, isLate) => {
      const reason = await orAborted(signal, never).catch((error: Error) => error.message);
      return [reason, isLate()];
    });
    outside.abort(new Error('Ctrl+C'));
    expect(await waits).toEqual(['Ctrl+C', false]);
    const late = inTime(60_000, outside.signal, async (signal) => signal.aborted);
    expect(await late).toBe(true);
  });

  test('has its result, and leaves no timer', async () => {
    const outside = new AbortController();
    // Jest has one of its own.
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    expect(await inTime(2 ** 40, outside.signal, async (signal) => signal.aborted)).toBe(false);
    await expect(inTime(60_000, outside.signal, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(timers()).toBe(before);
  });
});
