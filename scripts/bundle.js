// Puts the command together from its modules and what they import: Node spends longer on finding, opening and linking
// three hundred small files than `tally` needs for a small load, and V8 as long on compiling them. So the code that it makes
// is kept beside the bundle (bin/tally.js hands it back): `tally run` with nothing to do takes two thirds of the time.
//   npm run build
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';
import { build } from 'esbuild';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FOLDER = `${ROOT}dist/bundle`;
const FILE = `${FOLDER}/main.cjs`;

/** What nearly every command needs. Whatever else is imported comes from node_modules, when it is wanted. */
const INSIDE = [
  'cli-progress',
  'cli-table3',
  'commander',
  'csv-stringify',
  'dotenv',
  'fzstd',
  'jsonc-parser',
  'pg',
  'pg-copy-streams',
  'pg-cursor',
  'picocolors',
  'winston',
  'yaml',
  'zod',
];

const { dependencies } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8'));

rmSync(FOLDER, { recursive: true, force: true });
await build({
  entryPoints: [`${ROOT}dist/cli/main.js`],
  outfile: FILE,
  bundle: true,
  format: 'cjs',
  platform: 'node',
  minifyWhitespace: true,
  legalComments: 'none',
  target: 'node20',
  mainFields: ['module', 'main'],
  // A script from kept code cannot import().
  supported: { 'dynamic-import': false },
  external: [...Object.keys(dependencies).filter((name) => !INSIDE.includes(name)), 'pg-native'],
  define: {
    'import.meta.url': 'bundleUrl',
    // pg asks fetch's Response whether it runs at Cloudflare, and Node then loads all of fetch: 30 ms.
    Response: 'undefined',
  },
  banner: {
    js: "(function (module, require, __filename, __dirname) { 'use strict'; const bundleUrl = require('node:url').pathToFileURL(__filename).href;",
  },
  footer: { js: '})' },
  logLevel: 'warning',
});

// V8 keeps a text that is ASCII in half of the memory, and bin/tally.js need not decode it.
const text = readFileSync(FILE, 'utf8');
const [odd] = /.{0,40}\P{ASCII}.{0,40}/u.exec(text) ?? [];
if (odd) throw new Error(`The bundle is to be ASCII, and is not: ${odd}. Write the character as \\u....`);

// All functions, not only those that run while a bundle is loaded: what a load calls is what counts.
setFlagsFromString('--no-lazy');
const script = new Script(text, { filename: FILE });
// V8 compares the flags with those of the process that gets the code.
setFlagsFromString('--lazy');
writeFileSync(`${FILE}.code`, script.createCachedData());
