import type { Outcome } from './publisher.js';

/** Waits for outcomes as long as any comes in: from the last one, or the begin, so many seconds. Then the rest is lost. */
export async function answersOf(
  sent: Promise<Outcome>[],
  { seconds, signal }: { seconds: number; signal: AbortSignal },
): Promise<Outcome[]> {
  let giveUp: (why: string) => void = () => {};
  const silence = new Promise<Outcome>((resolve) => {
    giveUp = (why) => resolve({ is: 'lost', why });
  });
  const tooLong = () => giveUp(`no answer for ${seconds} s`);
  const onAbort = () => giveUp('it was stopped');
  const timer = setTimeout(tooLong, seconds * 1000);
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.all(
      sent.map((each) =>
        Promise.race([
          each.then((outcome) => {
            timer.refresh();
            return outcome;
          }),
          silence,
        ]),
      ),
    );
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}
