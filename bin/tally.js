#!/usr/bin/env node
import { existsSync } from 'node:fs';

const main = new URL('../dist/bundle/main.js', import.meta.url);
if (!existsSync(main)) {
  console.error('tally is not built yet: run `npm install` (it builds) or `npm run build`.');
  process.exit(1);
}
await import(main.href);
