import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { choose } from '../../src/schedule/choose.js';

const at = (second: number) => new Date(Date.parse('2026-11-21T02:00:00Z') + second * 1000);
const waiting = (second: number, more = {}) => ({
  slot: at(second),
  state: 'waiting' as const,
  by_hand: false,
  attempts: 0,
  not_before: at(second),
  claimed: false,
  locked: false,
  ...more,
});
type Slot = Omit<ReturnType<typeof waiting>, 'state'> & { state: 'waiting' | 'running' };

function chosen(rule: 'all' | 'latest' | 'none', open: Slot[], now: number) {
  const { begin, passedOver } = choose(rule, open, at(now));
  const second = ({ slot }: Slot) => (slot.getTime() - at(0).getTime()) / 1000;
  return { begin: begin && second(begin), passedOver: passedOver.map(second) };
}

const three = [waiting(0), waiting(100), waiting(200)];

describe('of slots that were missed', () => {
  test('all: each of them, the oldest first', () => {
    expect(chosen('all', three, 10_000)).toEqual({ begin: 0, passedOver: [] });
  });

  test('latest: only the last, however late it is', () => {
    expect(chosen('latest', three, 10_000)).toEqual({ begin: 200, passedOver: [0, 100] });
  });

  test('none: only the one whose time is now', () => {
    expect(chosen('none', three, 260)).toEqual({ begin: 200, passedOver: [0, 100] });
    expect(chosen('none', three, 261)).toEqual({ begin: undefined, passedOver: [0, 100, 200] });
  });
});

test('nothing is begun, and nothing given up, while the job is going on', () => {
  for (const going of [
    waiting(0, { state: 'running', attempts: 1, locked: true }),
    waiting(0, { state: 'running', attempts: 1 }),
    waiting(0, { claimed: true }),
    waiting(0, { state: 'running', by_hand: true, locked: true }),
    // A slot of its own, begun by hand, is not in the way of its lock.
    waiting(0, { locked: true }),
  ])
    for (const rule of ['all', 'latest', 'none'] as const)
      expect(chosen(rule, [going, waiting(100)], 10_000)).toEqual({ begin: undefined, passedOver: [] });
});

describe('a slot that was begun, and waits for its next attempt', () => {
  const begun = waiting(0, { attempts: 1, not_before: at(300) });

  test.each(['all', 'latest', 'none'] as const)('is begun again when its pause is over (%s)', (rule) => {
    expect(chosen(rule, [begun], 299)).toEqual({ begin: undefined, passedOver: [] });
    expect(chosen(rule, [begun], 300)).toEqual({ begin: 0, passedOver: [] });
  });

  test('goes before later ones, or makes way for them, by the rule', () => {
    expect(chosen('all', [begun, waiting(100)], 200)).toEqual({ begin: undefined, passedOver: [] });
    expect(chosen('latest', [begun, waiting(100)], 200)).toEqual({ begin: 100, passedOver: [0] });
    expect(chosen('none', [begun, waiting(100)], 110)).toEqual({ begin: 100, passedOver: [0] });
  });
});

test('whatever is open: what is begun is not passed over, and all passes over nothing', () => {
  const slots = fc.uniqueArray(
    fc.record({
      slot: fc.integer({ min: 0, max: 500 }).map(at),
      state: fc.constantFrom('waiting' as const, 'running' as const),
      by_hand: fc.boolean(),
      attempts: fc.nat(2),
      not_before: fc.integer({ min: 0, max: 500 }).map(at),
      claimed: fc.boolean(),
      locked: fc.boolean(),
    }),
    { selector: ({ slot }) => slot.getTime(), maxLength: 6 },
  );
  fc.assert(
    fc.property(
      slots,
      fc.constantFrom('all', 'latest', 'none'),
      fc.integer({ min: 0, max: 600 }),
      (open, rule, now) => {
        const { begin, passedOver } = choose(rule, open, at(now));
        expect(passedOver).not.toContain(begin);
        if (rule === 'all') expect(passedOver).toEqual([]);
        if (begin)
          expect([begin.state, begin.by_hand, begin.not_before <= at(now)]).toEqual(['waiting', false, true]);
        for (const slot of passedOver) expect([slot.state, slot.by_hand]).toEqual(['waiting', false]);
        if (open.some((slot) => slot.locked))
          expect({ begin, passedOver }).toEqual({ begin: undefined, passedOver: [] });
      },
    ),
  );
});
