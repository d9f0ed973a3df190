import { Dice } from './dice.js';
import { makeAnyFeed } from './feeds.js';
import { makeAnyFile } from './files.js';
import { checkReading } from './pure.js';
const tally = {};
const n = Number(process.argv[2] ?? 50);
let failed = 0, bytes = 0;
const t = process.hrtime.bigint();
let gen = 0n;
for (let b = 0; b < n && failed < 6; b++) {
  const dice = new Dice(b);
  const made = makeAnyFeed(dice);
  for (let i = 0; i < 20; i++) {
    const g = process.hrtime.bigint();
    const file = makeAnyFile(dice, made);
    gen += process.hrtime.bigint() - g;
    bytes += file.length;
    try { await checkReading(made, file, dice, tally); }
    catch (e) {
      failed++;
      const { columns, delimiter, quote, encoding, header, nulls, comment, unique } = made.feed;
      console.log(b, i, JSON.stringify({ columns: columns.map(c => [c.name, c.type.kind, c.required, c.default, c.aliases.join()].join(' ')), delimiter, quote, encoding, header, nulls, comment, unique, max: made.maxRowBytes }));
      console.log(JSON.stringify(file.toString('latin1')));
      console.log((e as Error).stack!.slice(0, 3000));
      if (failed >= 6) break;
    }
  }
}
console.log(tally, 'bytes', bytes, 'ms', Number(process.hrtime.bigint() - t) / 1e6, 'gen', Number(gen) / 1e6);
