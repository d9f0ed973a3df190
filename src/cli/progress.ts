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
  const going = new Map<string, Reading & { began: number }>();
  let bar: SingleBar | undefined;
  let shown: string | undefined;
  const close = () => {
    bar?.stop();
    bar = undefined;
    shown = undefined;
  };
  /** One line, whatever the number of jobs: that of the file which was begun first. */
  const show = () => {
    const [first] = going;
    if (!first || shown !== first[0]) close();
    if (!first) return;
    const [key, reading] = first;
    if (!bar) {
      bar = new SingleBar({
        format: (_options, _params, done: Reading & { others: number }) =>
          progressLine(done, process.stderr.columns, done.others),
        hideCursor: true,
        clearOnComplete: true,
        stream: process.stderr,
      });
      bar.start(reading.size, 0, { ...reading, others: going.size - 1 });
      shown = key;
    }
    bar.update(reading.bytes, { ...reading, others: going.size - 1 });
  };
  // Before anything is said about the interruption, on a line of its own.
  signal.addEventListener('abort', close);
  return {
    progress({ delivery, bytes, rows }) {
      const { size, fileName: file } = delivery;
      const key = laneKey(delivery.feed.name, delivery.agency.key);
      // What is read in one go is done before anyone could read a bar.
      if (signal.aborted || (!going.has(key) && bytes >= size)) return;
      const began = going.get(key)?.began ?? Date.now();
      going.set(key, { file, size, bytes, rows, began, seconds: (Date.now() - began) / 1000 });
      show();
    },
    loaded({ feed, agency }) {
      if (going.delete(laneKey(feed, agency)) && !signal.aborted) show();
    },
    close,
  };
}

/** Of one feed and agency only one file is read at a time. */
function laneKey(feed: string | null, agency: string | null): string {
  return `${feed} ${agency}`;
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
export function progressLine({ file, size, bytes, rows, seconds }: Reading, width = 80, others = 0): string {
  const share = Math.min(1, bytes / Math.max(1, size));
  const filled = Math.round(BAR * share);
  const bar = `[${'='.repeat(filled)}${'-'.repeat(BAR - filled)}] ${Math.floor(share * 100)} %`;
  const speed = seconds > 0 && rows > 0 ? `  ${count(Math.round(rows / seconds))} rows/s` : '';
  const left =
    share === 1 ? ', publishing' : speed && `, ${duration((seconds * (size - bytes)) / bytes)} left`;
  const beside = others > 0 ? ` (+${others})` : '';
  const rest = `${beside} ${bar}${speed}${left}`;
  return cutMiddle(file, Math.max(12, width - 1 - rest.length)) + rest;
}

function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
