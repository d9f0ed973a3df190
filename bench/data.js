import { closeSync, existsSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Seeded, so that every run of the bench has the same files. */
function random(seed) {
  let state = seed;
  return () => (state = (state * 1103515245 + 12345) & 0x7fffffff) / 0x7fffffff;
}

const STATUSES = ['high-value', 'regular', 'new', 'dormant'];

/** A rating file of so many rows, of which a share has a letter in its customer number. */
export function ratingFile(folder, rows, invalidShare = 0) {
  const next = random(42);
  return generate(
    folder,
    `ratings-${rows}-${invalidShare}.csv`,
    rows,
    'customer_number,customer_rating,customer_rating_limit,customer_status',
    (i) => {
      const number = next() < invalidShare ? `x${i}` : `${1_000_000 + i}`;
      return `${number},${Math.floor(next() * 100)},100,${STATUSES[Math.floor(next() * 4)]}`;
    },
  );
}

/** Barcodes, of which a share stands on an earlier line already. */
export function barcodeFile(folder, rows, repeatedShare = 0) {
  const next = random(7);
  return generate(folder, `barcodes-${rows}-${repeatedShare}.csv`, rows, 'barcode,order_reference', (i) => {
    const code = 100_000_000_000 + (next() < repeatedShare ? Math.floor(next() * i) : i);
    return `${code},${i % 5 === 0 ? '' : Math.floor(i / 3)}`;
  });
}

function generate(folder, name, rows, header, row) {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, name);
  if (existsSync(path)) return path;
  const file = openSync(path, 'w');
  let text = `${header}\n`;
  for (let i = 0; i < rows; i++) {
    text += `${row(i)}\n`;
    if (text.length > 1 << 20) {
      writeSync(file, text);
      text = '';
    }
  }
  writeSync(file, text);
  closeSync(file);
  return path;
}
