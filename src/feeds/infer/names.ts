import { RESERVED_COLUMNS } from '../schema.js';
import { dateIn } from './fileNames.js';

/** Identifiers for all; what stands in the header as one already is nobody else's name. */
export function nameColumns(headers: string[]): { name: string; alias: string | undefined }[] {
  const written = headers.map((header) => header.trim());
  const taken = new Set([...written.map((header) => header.toLowerCase()), ...RESERVED_COLUMNS]);
  return written.map((header, i) => {
    const lower = header.toLowerCase();
    const isIdentifier = /^[a-z][a-z0-9_]{0,62}$/.test(lower);
    if (isIdentifier && lower === identifier(header) && !RESERVED_COLUMNS.includes(lower))
      return { name: lower, alias: undefined };
    const wanted = RESERVED_COLUMNS.includes(identifier(header))
      ? `file_${identifier(header)}`
      : identifier(header);
    const stem = (wanted || `column_${i + 1}`).replace(/^(?=[^a-z])/, 'column_').slice(0, 56);
    let name = stem;
    for (let n = 2; taken.has(name); n++) name = `${stem}_${n}`;
    taken.add(name);
    return { name, alias: header === '' ? undefined : header };
  });
}

/** `Customer Number` and `customerNumber` as customer_number. */
export function identifier(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{Mark}/gu, '')
    .replace(/\u00df/g, 'ss')
    .replace(/([\p{Lowercase}\d])(\p{Uppercase})/gu, '$1_$2')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '');
}

export function nameOfFile(file: string): string {
  const date = dateIn(file);
  const stem = (date ? `${date.before}_${date.after}` : file).replace(/(?:\.(?:csv|tsv|txt|dat|psv))+$/i, '');
  const name = identifier(stem)
    .replace(/^(?=[^a-z])/, 'feed_')
    .replace(/_+$/, '');
  return name.slice(0, 31).replace(/_+$/, '') || 'feed';
}
