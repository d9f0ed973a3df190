/** Which faults are tried: a few in every test run, many with `npm run faults`; FAULTS_SEED chooses others. */
export const SEED = Number(process.env.FAULTS_SEED ?? 20261121);
export const isLong = process.env.FAULTS === 'long';

/** Numbers in [0, 1) that are the same for the same seed. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** So many places spread over a length: one at random in each of as many equal parts of it. */
export function spread(count: number, length: number, random: () => number): number[] {
  return Array.from({ length: count }, (_, i) => 1 + Math.floor(((i + random()) * length) / count));
}

/** Whatever fails at a point is told with it: what to run again. */
export async function naming<T>(
  number: number,
  point: object,
  clean: object,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const where = `point ${number} ${JSON.stringify(point)} of ${JSON.stringify(clean)}`;
    throw new Error(`seed ${SEED}, ${where}`, { cause });
  }
}
