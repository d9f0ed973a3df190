import Table from 'cli-table3';
import pc from 'picocolors';

/** Where a command says what it has to say: results to stdout, everything else to stderr. */
export interface Terminal {
  json: boolean;
  quiet: boolean;
  colors: ReturnType<typeof pc.createColors>;
  /** A line of the result. Nothing in JSON mode: there the result is one document. */
  say(line?: string): void;
  /** A line of the result that nobody may miss: with --quiet it goes to stderr. */
  alarm(line: string): void;
  /** The result as JSON. */
  document(value: unknown): void;
  /** A word beside the result. */
  note(line: string): void;
}

export function openTerminal(options: { json?: boolean; quiet?: boolean }): Terminal {
  const json = options.json ?? false;
  const quiet = options.quiet ?? false;
  const toResult = (line: string) => void process.stdout.write(`${line}\n`);
  const besideIt = (line: string) => void process.stderr.write(`${line}\n`);
  return {
    json,
    quiet,
    colors: pc.createColors(wantsColors(process.stdout, process.env)),
    say: (line = '') => {
      if (!json && !quiet) toResult(line);
    },
    alarm: (line) => {
      if (!json) (quiet ? besideIt : toResult)(line);
    },
    document: (value) => {
      if (json) toResult(JSON.stringify(value, null, 2));
    },
    note: (line) => {
      if (!quiet) besideIt(line);
    },
  };
}

/** Colours only on a terminal, and never where NO_COLOR is set: https://no-color.org */
export function wantsColors(
  stream: { isTTY?: boolean },
  environment: Record<string, string | undefined>,
): boolean {
  return stream.isTTY === true && !environment.NO_COLOR && environment.TERM !== 'dumb';
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
      top: '',
      'top-mid': '',
      'top-left': '',
      'top-right': '',
      bottom: '',
      'bottom-mid': '',
      'bottom-left': '',
      'bottom-right': '',
      left: '',
      'left-mid': '',
      mid: '',
      'mid-mid': '',
      right: '',
      'right-mid': '',
      middle: '',
    },
  });
  made.push(...rows);
  return made
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}
