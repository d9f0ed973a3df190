/** What is waited for; or a failure, as soon as the signal comes. */
export async function orAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  let onAbort = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason as Error);
  });
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/**
 * Work that is given a signal, which comes when the other one does or when the time is over. Not by AbortSignal.any and
 * AbortSignal.timeout: a timeout that only such a sum refers to is collected as garbage, and never comes (nodejs/node#57736).
 */
export async function inTime<T>(
  milliseconds: number,
  signal: AbortSignal,
  work: (signal: AbortSignal, isLate: () => boolean) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  let isLate = false;
  const onTime = () => {
    isLate = !controller.signal.aborted;
    controller.abort(new Error('the time is over'));
  };
  const onAbort = () => controller.abort(signal.reason);
  const timer = setTimeout(onTime, Math.min(milliseconds, LONGEST_TIMER));
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await work(controller.signal, () => isLate);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}

/** Of more milliseconds Node makes one. */
const LONGEST_TIMER = 2 ** 31 - 1;
