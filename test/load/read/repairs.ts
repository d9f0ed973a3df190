/**
 * The oracle for broken rows: all ways to make a file right by one character, and for each the rows that it
 * leaves alone. It knows nothing of how the scanner decides.
 */
export function rowsUntouchedByRepairs(file: string, columns: number): string[][] {
  const found = new Map<string, string[]>();
  const consider = (repaired: string, at: number) => {
    const rows = readStrictly(repaired, columns);
    const others = rows?.filter(({ start, end }) => at < start || at > end).map((row) => row.text);
    if (others) found.set(JSON.stringify(others), others);
  };
  for (let at = 0; at < file.length; at++) {
    if (file[at] === '"' || file[at] === ',') consider(file.slice(0, at) + file.slice(at + 1), at);
    consider(`${file.slice(0, at)},${file.slice(at)}`, at);
  }
  return [...found.values()];
}

interface StrictRow {
  start: number;
  end: number;
  text: string;
}

/** The rows of a file in which every row is as RFC 4180 has it and has its number of fields; else nothing. */
export function readStrictly(file: string, columns: number): StrictRow[] | undefined {
  const rows: StrictRow[] = [];
  const field = /(?:"(?:[^"]|"")*"|[^",\n]*)(?=[,\n]|$)/y;
  let at = 0;
  while (at < file.length) {
    const start = at;
    let count = 0;
    do {
      if (count > 0) at++;
      field.lastIndex = at;
      const match = field.exec(file);
      if (!match) return undefined;
      at += match[0].length;
      count++;
    } while (file[at] === ',');
    if (at > start) {
      if (count !== columns) return undefined;
      rows.push({ start, end: at, text: file.slice(start, at) });
    }
    at++;
  }
  return rows;
}
