import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { settingNames } from '../src/config.js';
import { ERROR_CODES } from '../src/errors.js';

const read = (path: string) => readFileSync(fileURLToPath(new URL(`../${path}`, import.meta.url)), 'utf8');

test('every error code stands in docs/errors.md, with its exit code, and none that is not one', () => {
  const documented = new Map(
    [...read('docs/errors.md').matchAll(/^\| `(\w+)`\s*\| (\d)\s*\|/gm)].map((match) => [
      match[1],
      Number(match[2]),
    ]),
  );
  expect(Object.fromEntries(documented)).toEqual(
    Object.fromEntries(Object.entries(ERROR_CODES).map(([code, { exit }]) => [code, exit])),
  );
});

test('.env.example names every setting, and none that is not one', () => {
  const named = [...read('.env.example').matchAll(/^# ([A-Z_\d]+)=/gm)].map((match) => match[1]);
  expect(named.sort()).toEqual(settingNames().sort());
});

test('every link of the README leads to a file', () => {
  const links = [...read('README.md').matchAll(/\]\(([^)]+)\)/g)].map((match) => match[1]!);
  expect(links.length).toBeGreaterThan(5);
  for (const link of links) expect(() => read(link)).not.toThrow();
});
