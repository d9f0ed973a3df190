#!/usr/bin/env node
// Runs what `npm run build` put together, with the code that V8 made of it then: to make it anew takes as long as a
// small load. Another V8 than that of the build refuses that code, and makes its own.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';

const file = fileURLToPath(new URL('../dist/bundle/main.cjs', import.meta.url));
if (!existsSync(file)) {
  console.error('tally is not built yet: run `npm install` (it builds) or `npm run build`.');
  process.exit(1);
}
const code = `${file}.code`;
const script = new Script(readFileSync(file, 'utf8'), {
  filename: file,
  cachedData: existsSync(code) ? readFileSync(code) : undefined,
});
script.runInThisContext()({ exports: {} }, createRequire(file), file, dirname(file));
