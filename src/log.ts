import { join } from 'node:path';
import { isNativeError } from 'node:util/types';
import winston from 'winston';
import type { Config } from './config.js';

export type Log = winston.Logger;

/**
 * What a person wants to see goes to the terminal by way of the command; this is the record for later: one
 * JSON line for each fact, with causes and stacks, in `.tally/tally.log` (10 MB, three kept).
 */
export function openLog(config: Pick<Config, 'workspace' | 'logLevel'>): Log {
  const silent = config.logLevel === 'off';
  return winston.createLogger({
    silent,
    level: silent ? 'error' : config.logLevel,
    format: winston.format.combine(
      winston.format.timestamp(),
      winston.format.json({
        replacer: (_, value: unknown) => (isNativeError(value) ? written(value) : value),
      }),
    ),
    transports: silent
      ? []
      : [
          new winston.transports.File({
            filename: join(config.workspace, '.tally', 'tally.log'),
            maxsize: 10 * 1024 * 1024,
            maxFiles: 3,
            tailable: true,
          }),
        ],
  });
}

/** JSON sees nothing in an error: its message, its stack and its cause are hidden from it. */
function written(error: Error): Record<string, unknown> {
  const { name, message, stack, cause } = error;
  return { ...error, name, message, stack, ...(cause === undefined ? {} : { cause }) };
}
