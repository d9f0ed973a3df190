import { readFileSync } from 'node:fs';
import { PACKAGE } from './package.js';

export const VERSION = (JSON.parse(readFileSync(`${PACKAGE}package.json`, 'utf8')) as { version: string })
  .version;
