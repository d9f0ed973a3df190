// Puts the command together from its modules, each with what it imports: Node spends longer on finding, opening and linking
// three hundred small files than `tally` needs for a small load. What a command imports later is in files of its own.
//   npm run build
import { readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FOLDER = `${ROOT}dist/bundle`;

/** What nearly every command needs. Whatever else is imported comes from node_modules, when it is wanted. */
const INSIDE = [
  'cli-progress',
  'cli-table3',
  'commander',
  'dotenv',
  'pg',
  'pg-copy-streams',
  'picocolors',
  'winston',
  'yaml',
  'zod',
];

const { dependencies } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8'));

rmSync(FOLDER, { recursive: true, force: true });
await build({
  entryPoints: [`${ROOT}dist/cli/main.js`],
  outdir: FOLDER,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  mainFields: ['module', 'main'],
  external: [...Object.keys(dependencies).filter((name) => !INSIDE.includes(name)), 'pg-native'],
  // pg asks fetch's Response whether it runs at Cloudflare, and Node then loads all of fetch: 30 ms.
  define: { Response: 'undefined' },
  banner: {
    js: "import { createRequire as requireOf } from 'node:module';\nconst require = requireOf(import.meta.url);",
  },
  logLevel: 'warning',
});
