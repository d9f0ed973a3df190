import { expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The code reads itself: rules that no linter has. */

const ROOT = fileURLToPath(new URL('..', import.meta.url));

function files(folder: string, ending: string): { path: string; text: string }[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ path: relative(ROOT, path).replaceAll('\\', '/'), text: readFileSync(path, 'utf8') }));
}

const sources = files('src', '.ts');

test('no file is a junk drawer', () => {
  const drawers = sources.filter(({ path }) =>
    /\/(utils?|helpers?|common|misc|types|shared)(\.ts|\/)/.test(path),
  );
  expect(drawers.map(({ path }) => path)).toEqual([]);
});

test('no file is longer than one reads at a sitting', () => {
  const long = sources.filter(({ text }) => text.split('\n').length > 360);
  expect(long.map(({ path }) => path)).toEqual([]);
});

test('one name for each thing: the words of the glossary, not their neighbours', () => {
  const banned: Record<string, RegExp> = {
    agency: /\b(tenant|vendor)\b/i,
    delivery: /\b(upload|dataset)\b/i,
    guard: /\bcircuit.?breaker\b/i,
    'invalid row': /\b(rejects?|dead.?letter)\b(?!\()/i,
    workspace: /\bproject home\b/i,
  };
  const found = sources.flatMap(({ path, text }) =>
    text.split('\n').flatMap((line, index) =>
      Object.entries(banned)
        .filter(([, word]) => word.test(line) && !/\b(resolve, reject|reject)\b[,)(]/.test(line))
        .map(([say]) => `${path}:${index + 1}: say ${say}: ${line.trim()}`),
    ),
  );
  expect(found).toEqual([]);
});

test('every statement that the code names is a file, and every file is named', () => {
  const named = new Set(
    sources.flatMap(({ text }) =>
      [...text.matchAll(/(?:statement|prepared)\(\s*'([\w/]+)'/g)].map((match) => match[1]!),
    ),
  );
  const there = files('sql/statements', '.sql').map(({ path }) =>
    path.replace(/^sql\/statements\/|\.sql$/g, ''),
  );
  expect([...named].sort()).toEqual(there.sort());
});

test('selects, inserts and the like are in .sql files', () => {
  const written =
    /['"`]\s*(select|insert into|update|delete from|alter table|create (table|unique|index)|drop table)\b(?! pg_advisory)/i;
  const found = sources
    // The embedded server is spoken to before there is a warehouse.
    .filter(({ path }) => !path.startsWith('src/warehouse/embedded/'))
    .flatMap(({ path, text }) =>
      text
        .split('\n')
        .flatMap((line, index) =>
          written.test(line) && !/hint/.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [],
        ),
    );
  expect(found).toEqual([]);
});

test('each test stands where its source stands', () => {
  const rooms = new Set(['', ...sources.map(({ path }) => path.replace(/^src\/?|\/?[^/]+$/g, ''))]);
  const astray = files('test', '.test.ts')
    .map(({ path }) => path.replace(/^test\/?|\/?[^/]+$/g, ''))
    .filter((room) => !rooms.has(room) && !/^(golden|faults|fuzz|setup)(\/|$)/.test(room));
  expect([...new Set(astray)]).toEqual([]);
});

test('a view says its grain in its first line', () => {
  for (const { path, text } of files('sql/views', '.sql')) {
    expect({ path, first: text.split('\n')[0] }).toEqual({
      path,
      first: expect.stringMatching(/^-- One row for each /),
    });
  }
});
