import { SingleBar } from 'cli-progress';
import type { LoadProgress, LoadResult } from '../load/delivery.js';
import type { Terminal } from './terminal.js';
import { count, cutMiddle, plural, printable } from './text.js';

export interface Progress {
  progress(done: LoadProgress): void;
  loaded(result: LoadResult): void;
  /** Leaves the terminal as it was found, however the command ends. */
  close(): void;
}

/** A bar on a terminal; elsewhere nothing until a file is done, and then a line. */
export function openProgress(terminal: Terminal, signal: AbortSignal): Progress {
  if (terminal.json || terminal.quiet) return { progress: () => {}, loaded: () => {}, close: () => {} };
  if (!process.stderr.isTTY) {
    return { progress: () => {}, loaded: (load) => terminal.note(doneLine(load)), close: () => {} };
  }
  let bar: SingleBar | undefined;
  let began = 0;
  const close = () => {
    bar?.stop();
    bar = undefined;
  };
  // Before anything is said about the interruption, on a line of its own.
  signal.addEventListener('abort', close);
  return {
    progress({ delivery, bytes, rows }) {
      // What is read in one go is done before anyone could read a bar.
      if (signal.aborted || (!bar && bytes >= delivery.size)) return;
      if (!bar) {
        began = Date.now();
        bar = new SingleBar({
          format: (_options, _params, done: Reading) => progressLine(done, process.stderr.columns),
          hideCursor: true,
          clearOnComplete: true,
          stream: process.stderr,
        });
        bar.start(delivery.size, 0, {
          file: delivery.fileName,
          size: delivery.size,
          bytes: 0,
          rows: 0,
          seconds: 0,
        });
      }
      bar.update(bytes, { bytes, rows, seconds: (Date.now() - began) / 1000 });
    },
    loaded: close,
    close,
  };
}

function doneLine(load: LoadResult): string {
  const rows = load.rowsRead > 0 ? `, ${plural(load.rowsRead, 'row')}` : '';
  return `${printable(load.file)}: ${load.outcome}${rows}`;
}

export interface Reading {
  file: string;
  size: number;
  bytes: number;
  rows: number;
  seconds: number;
}

const BAR = 24;

/** How far the reading of a file is, on one line of a terminal. */
export function progressLine({ file, size, bytes, rows, seconds }: Reading, width = 80): string {
  const share = Math.min(1, bytes / Math.max(1, size));
  const filled = Math.round(BAR * share);
  const bar = `[${'='.repeat(filled)}${'-'.repeat(BAR - filled)}] ${Math.floor(share * 100)} %`;
  const speed = seconds > 0 && rows > 0 ? `  ${count(Math.round(rows / seconds))} rows/s` : '';
  const left =
    share === 1 ? ', publishing' : speed && `, ${duration((seconds * (size - bytes)) / bytes)} left`;
  const rest = ` ${bar}${speed}${left}`;
  return cutMiddle(file, Math.max(12, width - 1 - rest.length)) + rest;
}

function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
