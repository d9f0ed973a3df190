import { expect, test } from '@jest/globals';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { settingNames } from '../src/config.js';
import { ERROR_CODES, FINAL_CODES } from '../src/errors.js';

const pathOf = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const read = (path: string) => readFileSync(pathOf(path), 'utf8');

test('docs/errors.md says of every error code its exit code, what it means and what to do, and has no other', () => {
  const documented = read('docs/errors.md')
    .split('\n')
    .map((line) => line.split(/\s*\|\s*/))
    .filter(([, code, exit]) => /^`\w+`$/.test(code ?? '') && /^\d$/.test(exit ?? ''))
    .map(([, code, exit, again, ...texts]) => ({ code, exit, again, texts }));
  expect(documented.map(({ code, exit }) => `${code} ${exit}`).sort()).toEqual(
    Object.entries(ERROR_CODES)
      .map(([code, { exit }]) => `\`${code}\` ${exit}`)
      .sort(),
  );
  for (const row of documented) {
    expect(row).toMatchObject({ again: expect.stringMatching(/^(yes|no|)$/) });
    const sentence: unknown = expect.stringMatching(/[.?]$/);
    expect(row).toMatchObject({ texts: [sentence, sentence, ''] });
  }
});

test('docs/errors.md says of every code after which a load is not tried again that it is not', () => {
  const never = [...read('docs/errors.md').matchAll(/^\| `(\w+)` \| \d \| no \|/gm)].map((match) => match[1]);
  expect(never.sort()).toEqual([...FINAL_CODES].sort());
});

test('.env.example names every setting, and none that is not one', () => {
  const named = [...read('.env.example').matchAll(/^# ([A-Z_\d]+)=/gm)].map((match) => match[1]);
  expect(named.sort()).toEqual(settingNames().sort());
});

test('every link leads to a file, and to a heading of it', () => {
  const pages = ['README.md', ...readdirSync(pathOf('docs')).map((name) => `docs/${name}`)];
  const broken = pages
    .filter((page) => page.endsWith('.md'))
    .flatMap((page) => [...read(page).matchAll(/\]\(([^)]+)\)/g)].map((match) => ({ page, link: match[1]! })))
    .filter(({ link }) => !link.startsWith('https:'))
    .filter(({ page, link }) => {
      const [file, heading] = link.split('#');
      const path = file ? posix.join(posix.dirname(page), file) : page;
      return !existsSync(pathOf(path)) || (heading !== undefined && !headingsOf(path).includes(heading));
    });
  expect(broken).toEqual([]);
});

/** As they are called in links. */
function headingsOf(path: string): string[] {
  return [...read(path).matchAll(/^#+ (.+)$/gm)].map(([, text]) =>
    text!
      .toLowerCase()
      .replace(/[^\w\s-]/g, '')
      .replaceAll(' ', '-'),
  );
}
