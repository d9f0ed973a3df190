import { spawnSync } from 'node:child_process';

/** A whole process, start-up included: how long it took. */
export function timed(command, args, options) {
  const began = process.hrtime.bigint();
  const done = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 26, ...options });
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  if (done.status !== 0)
    throw new Error(`${command} ${args.join(' ')} failed:\n${done.stdout}\n${done.stderr}`);
  return seconds;
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Two ways of doing the same, in turns, so that both meet the same weather. */
export function sideBySide(times, one, other) {
  const [ones, others] = [[], []];
  for (let i = 0; i <= times; i++) {
    const [a, b] = [one(), other()];
    // The first of each warms the caches and is not counted.
    if (i > 0) {
      ones.push(a);
      others.push(b);
    }
  }
  return {
    one: median(ones),
    other: median(others),
    ratio: median(ones.map((value, i) => value / others[i])),
  };
}
