import { parseArgs } from 'node:util';
import start from '../setup/start.js';
import stop from '../setup/stop.js';
import { openDatabase } from './database.js';
import { FuzzFailure } from './failure.js';
import { fuzz } from './fuzz.js';

/** npm run fuzz -- [--files N] [--seed S]: the long form of fuzz.test.ts. */
const { values } = parseArgs({
  options: {
    files: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(Date.now() % 1e9) },
  },
});
const files = numberOf('files', values.files);
const seed = numberOf('seed', values.seed);
const began = Date.now();
const said = (line) => process.stdout.write(`${line}\n`);

await start();
try {
  const database = await openDatabase();
  try {
    said(`${files} files, seed ${seed}`);
    const step = Math.max(20, Math.ceil(files / 100 / 20) * 20);
    const tally = await fuzz(database, {
      files,
      seed,
      progress: (done) => {
        if (done % step === 0) said(`${done} files, ${((Date.now() - began) / 1000).toFixed(0)} s`);
      },
    });
    for (const [what, number] of Object.entries(tally))
      said(`${number.toLocaleString('en-US').padStart(14)} ${what}`);
    said(`No difference in ${files} files, ${((Date.now() - began) / 1000).toFixed(0)} s.`);
  } finally {
    await database.close();
  }
} catch (error) {
  if (!(error instanceof FuzzFailure)) throw error;
  said(error.message);
  process.exitCode = 1;
} finally {
  await stop();
}

function numberOf(name, text) {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  process.stderr.write(`--${name}: expected a number, got \`${text}\`\n`);
  process.exit(2);
}
