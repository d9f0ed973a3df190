import { readFileSync } from 'node:fs';
import { PACKAGE } from './package.js';

const { version, engines } = JSON.parse(readFileSync(`${PACKAGE}package.json`, 'utf8')) as {
  version: string;
  engines: { node: string };
};

export const VERSION = version;

/** The oldest Node that will do: 20.19 */
export const NODE_WANTED = engines.node.replace(/^>=/, '');
