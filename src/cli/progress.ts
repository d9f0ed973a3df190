import { SingleBar } from 'cli-progress';
import type { LoadProgress, LoadResult } from '../load/delivery.js';
import { count, type Terminal } from './terminal.js';

export interface Progress {
  progress(done: LoadProgress): void;
  loaded(result: LoadResult): void;
}

/** A bar on a terminal; elsewhere nothing until a file is done, and then a line. */
export function openProgress(terminal: Terminal): Progress {
  if (terminal.json || terminal.quiet) return { progress: () => {}, loaded: () => {} };
  if (!process.stderr.isTTY) {
    return {
      progress: () => {},
      loaded: (load) => terminal.note(`${load.file}: ${load.outcome}${load.rowsRead > 0 ? `, ${count(load.rowsRead)} rows` : ''}`),
    };
  }
  let bar: SingleBar | undefined;
  let began = 0;
  return {
    progress({ delivery, bytes, rows }) {
      if (!bar) {
        began = Date.now();
        bar = new SingleBar({
          format: '{file} [{bar}] {percentage}% {speed} rows/s, {left} left',
          barsize: 24,
          hideCursor: true,
          clearOnComplete: true,
          stopOnComplete: false,
          stream: process.stderr,
        });
        bar.start(Math.max(1, delivery.size), 0, { file: delivery.fileName, speed: '', left: '' });
      }
      const seconds = (Date.now() - began) / 1000;
      const left = bytes > 0 ? Math.ceil((seconds * (delivery.size - bytes)) / bytes) : 0;
      bar.update(bytes, { speed: seconds > 0 ? count(Math.round(rows / seconds)) : '', left: `${left} s` });
    },
    loaded() {
      bar?.stop();
      bar = undefined;
    },
  };
}
