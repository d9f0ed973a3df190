/**
 * The checksum of Zstandard frames: XXH64, of which they keep the lower half. Numbers of 64 bits are kept as two
 * of 32, because the ones that JavaScript has for them make it thirty times slower.
 */
export class Xxh64 {
  /** Four lanes, each as its high and its low half. */
  private readonly lanes = new Int32Array(8);
  private readonly held = Buffer.alloc(STRIPE);
  private heldLength = 0;
  private total = 0;

  constructor() {
    [P1 + P2, P2, 0n, -P1].forEach((seed, lane) => this.set(lane, seed));
  }

  update(bytes: Buffer): void {
    this.total += bytes.length;
    let at = 0;
    if (this.heldLength > 0) {
      at = bytes.copy(this.held, this.heldLength, 0, STRIPE - this.heldLength);
      this.heldLength += at;
      if (this.heldLength < STRIPE) return;
      this.stripe(this.held, 0);
      this.heldLength = 0;
    }
    for (; at + STRIPE <= bytes.length; at += STRIPE) this.stripe(bytes, at);
    this.heldLength = bytes.copy(this.held, 0, at);
  }

  /** The lower 32 bits of what was checked so far. */
  low32(): number {
    let hash = P5;
    if (this.total >= STRIPE) {
      const [a, b, c, d] = [0, 1, 2, 3].map((lane) => this.get(lane)) as [bigint, bigint, bigint, bigint];
      hash = low64(rotate(a, 1n) + rotate(b, 7n) + rotate(c, 12n) + rotate(d, 18n));
      for (const lane of [a, b, c, d]) hash = low64((hash ^ mix(lane)) * P1 + P4);
    }
    hash = low64(hash + BigInt(this.total));
    let at = 0;
    for (; at + 8 <= this.heldLength; at += 8) {
      hash = low64(rotate(hash ^ mix(this.held.readBigUInt64LE(at)), 27n) * P1 + P4);
    }
    if (at + 4 <= this.heldLength) {
      hash = low64(rotate(hash ^ low64(BigInt(this.held.readUInt32LE(at)) * P1), 23n) * P2 + P3);
      at += 4;
    }
    for (; at < this.heldLength; at++)
      hash = low64(rotate(hash ^ low64(BigInt(this.held[at]!) * P5), 11n) * P1);
    hash = low64((hash ^ (hash >> 33n)) * P2);
    hash = low64((hash ^ (hash >> 29n)) * P3);
    return Number((hash ^ (hash >> 32n)) & 0xffffffffn);
  }

  private stripe(bytes: Buffer, at: number): void {
    const { lanes } = this;
    for (let lane = 0; lane < 8; lane += 2) {
      const i = at + lane * 4;
      const inputLow = bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
      const inputHigh = bytes[i + 4]! | (bytes[i + 5]! << 8) | (bytes[i + 6]! << 16) | (bytes[i + 7]! << 24);
      // lane += input * P2
      let low = Math.imul(inputLow, P2_LOW);
      let high =
        (upperHalf(inputLow, P2_LOW) + Math.imul(inputHigh, P2_LOW) + Math.imul(inputLow, P2_HIGH)) | 0;
      const sum = (low >>> 0) + (lanes[lane + 1]! >>> 0);
      high = (high + lanes[lane]! + (sum > 0xffffffff ? 1 : 0)) | 0;
      low = sum | 0;
      // lane = rotate(lane, 31) * P1
      const turnedHigh = (high << 31) | (low >>> 1);
      const turnedLow = (low << 31) | (high >>> 1);
      lanes[lane] =
        upperHalf(turnedLow, P1_LOW) + Math.imul(turnedHigh, P1_LOW) + Math.imul(turnedLow, P1_HIGH);
      lanes[lane + 1] = Math.imul(turnedLow, P1_LOW);
    }
  }

  private get(lane: number): bigint {
    return (BigInt(this.lanes[lane * 2]! >>> 0) << 32n) | BigInt(this.lanes[lane * 2 + 1]! >>> 0);
  }

  private set(lane: number, value: bigint): void {
    this.lanes[lane * 2] = Number(BigInt.asIntN(32, value >> 32n));
    this.lanes[lane * 2 + 1] = Number(BigInt.asIntN(32, value));
  }
}

const STRIPE = 32;
const P1 = 0x9e3779b185ebca87n;
const P2 = 0xc2b2ae3d27d4eb4fn;
const P3 = 0x165667b19e3779f9n;
const P4 = 0x85ebca77c2b2ae63n;
const P5 = 0x27d4eb2f165667c5n;
const [P1_HIGH, P1_LOW] = [0x9e3779b1 | 0, 0x85ebca87 | 0];
const [P2_HIGH, P2_LOW] = [0xc2b2ae3d | 0, 0x27d4eb4f | 0];

/** The upper 32 bits of the product of two unsigned numbers of 32 bits. */
function upperHalf(a: number, b: number): number {
  const [aHigh, aLow, bHigh, bLow] = [a >>> 16, a & 0xffff, b >>> 16, b & 0xffff];
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const other = aLow * bHigh + (middle & 0xffff);
  return aHigh * bHigh + (middle >>> 16) + (other >>> 16);
}

function low64(value: bigint): bigint {
  return BigInt.asUintN(64, value);
}

function rotate(value: bigint, bits: bigint): bigint {
  return low64((value << bits) | (value >> (64n - bits)));
}

function mix(input: bigint): bigint {
  return low64(rotate(low64(input * P2), 31n) * P1);
}
