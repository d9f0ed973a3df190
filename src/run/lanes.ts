/**
 * Hands items out in their order, each to the next worker that is free. Two items of one lane are never worked on
 * at once and never overtake each other: while one is going on, the other waits, and those behind it may go first.
 * What a worker throws is thrown when those that are at work have ended; nothing more is begun after it.
 */
export async function inLanes<Item, Worker>(
  items: readonly Item[],
  workers: readonly Worker[],
  laneOf: (item: Item) => string | undefined,
  work: (worker: Worker, item: Item) => Promise<void>,
): Promise<void> {
  const waiting = [...items];
  const free = [...workers];
  const taken = new Set<string | undefined>();
  const going = new Set<Promise<void>>();
  let failed: { error: unknown } | undefined;

  const next = (): Item | undefined => {
    const place = waiting.findIndex((item) => !taken.has(laneOf(item)));
    return place < 0 ? undefined : waiting.splice(place, 1)[0];
  };
  const begin = (worker: Worker, item: Item): void => {
    const lane = laneOf(item);
    if (lane !== undefined) taken.add(lane);
    const done = work(worker, item)
      .catch((error: unknown) => void (failed ??= { error }))
      .finally(() => {
        taken.delete(lane);
        free.push(worker);
        going.delete(done);
      });
    going.add(done);
  };

  for (;;) {
    const item = failed || free.length === 0 ? undefined : next();
    if (item !== undefined) begin(free.shift()!, item);
    else if (going.size > 0) await Promise.race(going);
    else break;
  }
  if (failed) throw failed.error;
}
