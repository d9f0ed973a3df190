import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Xxh64 } from '../../src/content/xxh64.js';

const low32 = (...pieces: Uint8Array[]) => {
  const sum = new Xxh64();
  for (const piece of pieces) sum.update(Buffer.from(piece));
  return sum.low32();
};

// From the description of the algorithm and its reference implementation.
test.each([
  ['', 0x51d8e999],
  ['a', 0xa98c6e5b],
  ['abc', 0xad770999],
])('%j', (text, expected) => {
  expect(low32(Buffer.from(text))).toBe(expected);
});

test('is what the definition says, in numbers of 64 bits', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => low32(bytes) === defined(bytes)));
});

test('is the same however the bytes come', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 70 })),
      (pieces) => low32(...pieces) === low32(Buffer.concat(pieces)),
    ),
  );
});

const P = [
  0x9e3779b185ebca87n,
  0xc2b2ae3d27d4eb4fn,
  0x165667b19e3779f9n,
  0x85ebca77c2b2ae63n,
  0x27d4eb2f165667c5n,
] as const;

function defined(given: Uint8Array): number {
  const u = (value: bigint) => BigInt.asUintN(64, value);
  const turn = (value: bigint, bits: bigint) => u(u(value) << bits) | (u(value) >> (64n - bits));
  const round = (acc: bigint, input: bigint) => u(turn(acc + input * P[1], 31n) * P[0]);
  const bytes = Buffer.from(given);
  let at = 0;
  let hash: bigint = P[4];
  if (bytes.length >= 32) {
    const lanes = [P[0] + P[1], P[1], 0n, -P[0]].map(u);
    for (; at + 32 <= bytes.length; at += 32) {
      lanes.forEach((lane, i) => (lanes[i] = round(lane, bytes.readBigUInt64LE(at + i * 8))));
    }
    hash = u(lanes.reduce((sum, lane, i) => sum + turn(lane, [1n, 7n, 12n, 18n][i]!), 0n));
    for (const lane of lanes) hash = u((hash ^ round(0n, lane)) * P[0] + P[3]);
  }
  hash = u(hash + BigInt(bytes.length));
  for (; at + 8 <= bytes.length; at += 8) {
    hash = u(turn(hash ^ round(0n, bytes.readBigUInt64LE(at)), 27n) * P[0] + P[3]);
  }
  for (; at + 4 <= bytes.length; at += 4) {
    hash = u(turn(hash ^ u(BigInt(bytes.readUInt32LE(at)) * P[0]), 23n) * P[1] + P[2]);
  }
  for (; at < bytes.length; at++) hash = u(turn(hash ^ u(BigInt(bytes[at]!) * P[4]), 11n) * P[0]);
  hash = u((hash ^ (hash >> 33n)) * P[1]);
  hash = u((hash ^ (hash >> 29n)) * P[2]);
  return Number((hash ^ (hash >> 32n)) & 0xffffffffn);
}
