import { join } from 'node:path';
import { isNativeError } from 'node:util/types';
import winston from 'winston';
import type { Config } from './config.js';

export type Log = winston.Logger;

/**
 * What a person wants to see goes to the terminal by way of the command; this is the record for later: one line for
 * each fact, with causes and stacks, and with run_id and load_id wherever there are any. It goes to
 * `.tally/tally.log` (10 MB, three kept), or to stderr for whoever collects that.
 */
export function openLog(config: Pick<Config, 'workspace' | 'logLevel' | 'logFormat' | 'logTo'>): Log {
  const silent = config.logLevel === 'off';
  return winston.createLogger({
    silent,
    level: silent ? 'error' : config.logLevel,
    format: winston.format.combine(
      winston.format.timestamp(),
      config.logFormat === 'json' ? winston.format.json({ replacer }) : pretty,
    ),
    transports: silent ? [] : [transportOf(config)],
  });
}

function transportOf({ workspace, logTo }: Pick<Config, 'workspace' | 'logTo'>): winston.transport {
  if (logTo === 'stderr') return new winston.transports.Stream({ stream: process.stderr });
  return new winston.transports.File({
    filename: join(workspace, '.tally', 'tally.log'),
    maxsize: 10 * 1024 * 1024,
    maxFiles: 3,
    tailable: true,
  });
}

/** `2026-11-21 03:00:04.123 info  load closed run_id=12 load_id=41 outcome=loaded` */
const pretty = winston.format.printf(({ timestamp, level, message, ...fields }) => {
  const moment = String(timestamp).replace('T', ' ').replace('Z', '');
  const { run_id, load_id, ...others } = fields;
  const stack: string[] = [];
  const words = Object.entries({ run_id, load_id, ...others }).flatMap(([name, value]) => {
    if (value === undefined) return [];
    if (!isNativeError(value)) return [`${name}=${wordOf(value)}`];
    stack.push(...(value.stack ?? '').split('\n').map((line) => `    ${line}`));
    return [`${name}=${wordOf(value.message)}`];
  });
  return [[moment, level.padEnd(5), String(message), ...words].join(' '), ...stack].join('\n');
});

/** Names and texts from outside stay on their line: what is not plain is written as JSON writes it. */
function wordOf(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value, replacer);
  return /^[\w./:@-]+$/.test(text) ? text : typeof value === 'string' ? JSON.stringify(value) : text;
}

function replacer(_: string, value: unknown): unknown {
  return isNativeError(value) ? written(value) : value;
}

/** JSON sees nothing in an error: its message, its stack and its cause are hidden from it. */
function written(error: Error): Record<string, unknown> {
  const { name, message, stack, cause } = error;
  return { ...error, name, message, stack, ...(cause === undefined ? {} : { cause }) };
}
