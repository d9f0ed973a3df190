import { expect, test } from '@jest/globals';
import { closest } from '../src/closest.js';

test.each([
  ['customer_nubmer', ['customer_rating', 'customer_number'], 'customer_number'],
  ['TALLY_TIMEZONE', ['TALLY_INBOX', 'TALLY_TIME_ZONE'], 'TALLY_TIME_ZONE'],
  ['ID', ['name', 'id'], 'id'],
  ['a', ['b', 'abc'], 'b'],
  ['orders', ['order', 'orders'], 'orders'],
  ['orders', ['qqqqqqqqq', 'zzz'], undefined],
  ['orders', [], undefined],
  ['', ['ab', 'abcd'], 'ab'],
])('%j among %j is probably %j', (wanted, candidates, expected) => {
  expect(closest(wanted, candidates)).toBe(expected);
});
