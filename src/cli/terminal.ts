import Table from 'cli-table3';
import pc from 'picocolors';

/** Where a command says what it has to say: results to stdout, everything else to stderr. */
export interface Terminal {
  json: boolean;
  quiet: boolean;
  colors: ReturnType<typeof pc.createColors>;
  /** A line of the result. Nothing in JSON mode: there the result is one document. */
  say(line?: string): void;
  /** The result as JSON. */
  document(value: unknown): void;
  /** A word beside the result. */
  note(line: string): void;
}

export function openTerminal(options: { json?: boolean; quiet?: boolean }): Terminal {
  const json = options.json ?? false;
  const quiet = options.quiet ?? false;
  const wantsColors = process.stdout.isTTY && !process.env.NO_COLOR && process.env.TERM !== 'dumb';
  return {
    json,
    quiet,
    colors: pc.createColors(wantsColors),
    say: (line = '') => {
      if (!json && !quiet) process.stdout.write(`${line}\n`);
    },
    document: (value) => {
      if (json) process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
    },
    note: (line) => {
      if (!quiet) process.stderr.write(`${line}\n`);
    },
  };
}

export interface TableColumn {
  title: string;
  right?: boolean;
}

/** A table without rules: it is read, copied and piped alike. */
export function table(columns: TableColumn[], rows: string[][]): string {
  const made = new Table({
    head: columns.map((column) => column.title),
    colAligns: columns.map((column) => (column.right ? 'right' : 'left')),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2, compact: true },
    chars: {
      top: '', 'top-mid': '', 'top-left': '', 'top-right': '', bottom: '', 'bottom-mid': '', 'bottom-left': '',
      'bottom-right': '', left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: '',
    },
  });
  made.push(...rows);
  return made
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

export function count(value: number | string | null | undefined): string {
  return value === null || value === undefined ? '' : Number(value).toLocaleString('en-US');
}

export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

export function percent(part: number, whole: number): string {
  return whole === 0 ? '' : ((part * 100) / whole).toFixed(2);
}

export function moment(date: Date | null | undefined): string {
  return date ? date.toISOString().replace('T', ' ').slice(0, 19) : '';
}
