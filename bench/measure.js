import { spawn, spawnSync } from 'node:child_process';

/** A whole process, start-up included: how many seconds it took. */
export function timed(command, args, options) {
  const began = process.hrtime.bigint();
  const done = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 26, ...options });
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  if (done.error) throw done.error;
  if (done.status !== 0)
    throw new Error(`${command} ${args.join(' ')} failed:\n${`${done.stdout}${done.stderr}`.slice(-2000)}`);
  return seconds;
}

/** The same, while something else goes on in this process. */
export function timedAside(command, args, options) {
  const began = process.hrtime.bigint();
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'ignore', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (text) => (errors += text));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(Number(process.hrtime.bigint() - began) / 1e9);
      else reject(new Error(`${command} ${args.join(' ')} failed:\n${errors}`));
    });
  });
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * Several ways of doing the same, in turns, so that all of them meet the same weather. `ways` is
 * `{ name: () => seconds }`; gives the seconds of each. The first round warms the caches and is not counted.
 */
export function inTurns(times, ways) {
  const seconds = Object.fromEntries(Object.keys(ways).map((name) => [name, []]));
  for (let round = 0; round <= times; round++) {
    for (const [name, way] of Object.entries(ways)) {
      const took = way();
      if (round > 0) seconds[name].push(took);
    }
  }
  return seconds;
}

/** How one side compares with the other: the median of the ratios of each round. */
export function ratio(ones, others) {
  return median(ones.map((one, i) => one / others[i]));
}
