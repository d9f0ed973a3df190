import { Dice } from './dice.js';
import { makeBrokenFile, checkBroken } from './broken.js';
const tally: Record<string, number> = {};
const failed: Record<string, number> = {};
const t = Date.now();
const [, , from, n, show] = process.argv;
for (let b = Number(from); b < Number(from) + Number(n); b++) {
  const f = makeBrokenFile(new Dice(b));
  try {
    await checkBroken(f, tally);
  } catch (e) {
    const kind =
      ((e as Error).message.startsWith('none') ? 'undecidable ' : '') +
      (/[\r\n]/.test(f.damaged) ? 'multi' : 'single');
    failed[kind] = (failed[kind] ?? 0) + 1;
    if (kind === show && failed[kind] < 6)
      console.log(
        b,
        f.width,
        JSON.stringify(f.signs),
        f.place,
        JSON.stringify(f.rows.slice(Math.max(0, f.place - 2), f.place)),
        JSON.stringify(f.damaged),
        JSON.stringify(f.rows.slice(f.place + 1, f.place + 4)),
        (e as Error).message.slice(0, 600),
      );
  }
}
console.log(tally, failed, Date.now() - t);
