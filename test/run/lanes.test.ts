import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { inLanes } from '../../src/run/lanes.js';

interface Item {
  id: number;
  lane: string | undefined;
  ticks: number;
}

const items = fc
  .array(fc.record({ lane: fc.constantFrom(undefined, 'a', 'b', 'c'), ticks: fc.nat(4) }), { maxLength: 25 })
  .map((list) => list.map((item, id): Item => ({ ...item, id })));

test('each item is worked on once, never two of a lane at once, and each lane in its order', async () => {
  await fc.assert(
    fc.asyncProperty(items, fc.integer({ min: 1, max: 5 }), async (list, count) => {
      const begun: Item[] = [];
      const going = new Set<Item>();
      const workers = Array.from({ length: count }, (_, i) => ({ id: i, busy: false }));
      await inLanes(
        list,
        workers,
        (item) => item.lane,
        async (worker, item) => {
          expect(worker.busy).toBe(false);
          worker.busy = true;
          for (const other of going) if (item.lane) expect(other.lane).not.toBe(item.lane);
          going.add(item);
          begun.push(item);
          for (let tick = 0; tick < item.ticks; tick++) await Promise.resolve();
          going.delete(item);
          worker.busy = false;
        },
      );
      expect(begun.map(({ id }) => id).sort((a, b) => a - b)).toEqual(list.map(({ id }) => id));
      for (const lane of ['a', 'b', 'c']) {
        const order = begun.filter((item) => item.lane === lane).map(({ id }) => id);
        expect(order).toEqual([...order].sort((a, b) => a - b));
      }
    }),
    { numRuns: 300 },
  );
});

test('with one worker the order is that of the items', async () => {
  const begun: number[] = [];
  const work = async (_: string, item: number) => void begun.push(item);
  await inLanes([3, 1, 2], ['only'], String, work);
  expect(begun).toEqual([3, 1, 2]);
});

test('two workers are at work at once, and one whose lane is taken is overtaken by another lane', async () => {
  const steps: string[] = [];
  await inLanes(
    ['a1', 'a2', 'b1'],
    [1, 2],
    (item) => item[0]!,
    async (_, item) => {
      steps.push(`begin ${item}`);
      await sleep(item === 'a1' ? 60 : 5);
      steps.push(`end ${item}`);
    },
  );
  expect(steps).toEqual(['begin a1', 'begin b1', 'end b1', 'end a1', 'begin a2', 'end a2']);
});

test('what one throws is thrown when the others have ended, and nothing is begun after it', async () => {
  const steps: string[] = [];
  const done = inLanes(['bad', 'slow', 'never'], [1, 2], String, async (_, item) => {
    if (item === 'bad') throw new Error('a mistake');
    await sleep(20);
    steps.push(item);
  });
  await expect(done).rejects.toThrow('a mistake');
  expect(steps).toEqual(['slow']);
});
