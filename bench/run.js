// What Tallyhouse costs beside `psql \copy` and its peers, what readers notice of it, and what it needs.
//   npm run bench                                        everything, at a size that takes some ten minutes:
//                                                        a million rows, five rounds; of slow parts less
//   npm run bench -- --only load,shapes --rows 10000000  parts of it, at another size
//   npm run bench -- --times 7                           so many rounds of each, all sides in turns; medians are told
// Needs psql on the PATH. Generates its data, starts a PostgreSQL of its own, prints tables, and writes
// bench/results/<part>-<rows>.json with the machine and the versions.
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openServer } from './server.js';

const PARTS = [
  'load',
  'shapes',
  'peers',
  'growth',
  'agencies',
  'keys',
  'diff',
  'readers',
  'orders',
  'messages',
];

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: PARTS.join() },
    rows: { type: 'string' },
    times: { type: 'string' },
  },
});
const only = values.only.split(',');
const unknown = only.filter((name) => !PARTS.includes(name));
const given = Object.fromEntries(
  ['rows', 'times'].flatMap((name) =>
    values[name] ? [[name, Number(values[name].replaceAll('_', ''))]] : [],
  ),
);
if (unknown.length > 0 || !((given.rows ?? 1000) >= 1000) || !((given.times ?? 1) >= 1)) {
  console.error(`usage: npm run bench -- [--only ${PARTS.join()}] [--rows 1000 or more] [--times 1 or more]`);
  process.exit(2);
}

for (const name of PARTS.filter((part) => only.includes(part))) {
  const { about, defaults, measure } = await import(`./parts/${name}.js`);
  const { rows, times } = { rows: 1_000_000, times: 5, ...defaults, ...given };
  console.log(`\n${name}: ${about}`);
  // A server of its own for each part, so that none pays for what another has left behind.
  const server = await openServer();
  try {
    const results = [];
    await measure(server, { rows, times }, (result) => {
      results.push(result);
      console.log(`  ${line(result)}`);
    });
    write(name, { machine: await server.machine(), part: name, about, rows, times, results });
  } finally {
    await server.close();
  }
}

/** `{ name, ... }`: figures, with the unit that their name ends in; a plan is only in the results. */
function line({ name, note, ...figures }) {
  const told = Object.entries(figures).filter(([what]) => what !== 'plan');
  const shown = told.map(([what, value]) => {
    const [, words, unit] = /^(.*?)(?:_(s|ms|us|MB))?$/.exec(what);
    return `${words.replaceAll('_', ' ')} ${figure(value)}${unit ? ` ${unit}` : ''}`;
  });
  return [name.padEnd(34), shown.join('   '), note && `  (${note})`].filter(Boolean).join(' ');
}

function figure(value) {
  if (typeof value !== 'number') return String(value);
  if (Number.isInteger(value)) return value.toLocaleString('en-US');
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(2);
}

function write(name, result) {
  const { rows } = result;
  const folder = fileURLToPath(new URL('results/', import.meta.url));
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}${name}-${rows}.json`, `${JSON.stringify(result, null, 2)}\n`);
}
