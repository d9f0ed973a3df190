import { closeSync, existsSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** Seeded, so that every run of the bench has the same files: a counter with its bits mixed, so each of 2^32 numbers comes once. */
export function random(seed) {
  let count = seed;
  return () => {
    count = (count + 0x9e3779b9) | 0;
    let bits = Math.imul(count ^ (count >>> 16), 0x85ebca6b);
    bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
    return ((bits ^ (bits >>> 16)) >>> 0) / 2 ** 32;
  };
}

/** A file of so many lines, written once. */
export function generate(path, rows, header, row) {
  if (existsSync(path)) return path;
  mkdirSync(dirname(path), { recursive: true });
  const half = `${path}.half`;
  const file = openSync(half, 'w');
  let text = header === undefined ? '' : `${header}\n`;
  for (let i = 0; i < rows; i++) {
    text += `${row(i)}\n`;
    if (text.length > 1 << 20) {
      writeSync(file, text);
      text = '';
    }
  }
  writeSync(file, text);
  closeSync(file);
  renameSync(half, path);
  return path;
}

const STATUSES = ['high-value', 'regular', 'new', 'dormant'];

export const RATING = {
  feed: 'customer_rating',
  header: 'customer_number,customer_rating,customer_rating_limit,customer_status',
  columns: [
    'customer_number integer',
    'customer_rating integer',
    'customer_rating_limit integer',
    'customer_status varchar(25)',
  ],
};

/** Ratings, of which a share has a letter in the customer number. */
export function ratings(folder, rows, invalidShare = 0) {
  const next = random(42);
  return generate(`${folder}/ratings-${rows}-${invalidShare}.csv`, rows, RATING.header, (i) => {
    const number = next() < invalidShare ? `x${i}` : `${1_000_000 + i}`;
    return `${number},${Math.floor(next() * 100)},100,${STATUSES[Math.floor(next() * 4)]}`;
  });
}

/** Ratings that are all the same number: whoever sees two of them sees a mixture of editions. */
export function edition(folder, rows, rating) {
  return generate(
    `${folder}/edition-${rows}-${rating}.csv`,
    rows,
    RATING.header,
    (i) => `${i},${rating},100,regular`,
  );
}

/** Barcodes, of which a share stands on an earlier line already. */
export function barcodes(folder, rows, repeatedShare = 0) {
  const next = random(7);
  return generate(`${folder}/barcodes-${rows}-${repeatedShare}.csv`, rows, 'barcode,order_reference', (i) => {
    const code = 100_000_000_000 + (next() < repeatedShare ? Math.floor(next() * i) : i);
    return `${code},${i % 5 === 0 ? '' : Math.floor(i / 3)}`;
  });
}

/** Events from a number on; the same number is the same event. */
export function events(folder, rows, from = 0) {
  const next = random(11);
  const header = 'customer_id,event_type,event_id,event_date,quantity';
  return generate(`${folder}/events-${rows}-${from}.csv`, rows, header, (i) => {
    const second = String(Math.floor(next() * 60)).padStart(2, '0');
    return `customer-${Math.floor(next() * 50_000)},call,event-${from + i},2026-03-01 00:03:${second}.74+00,${1 + Math.floor(next() * 9)}`;
  });
}
