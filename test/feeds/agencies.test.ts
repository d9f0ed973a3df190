import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { addAgency, agencyKey, findAgency, loadAgencies, readAgencies, unknownAgency } from '../../src/feeds/agencies.js';

const workspace = mkdtempSync(join(tmpdir(), 'tally-agencies-'));
const file = join(workspace, 'agencies.yaml');
const written = () => readFileSync(file, 'utf8');
beforeEach(() => rmSync(file, { force: true }));
afterAll(() => rmSync(workspace, { recursive: true }));

describe('the key of an agency', () => {
  test.each([
    ['Agency A', 'agency_a'],
    ['agency_a', 'agency_a'],
    ['AGENCY-A', 'agency_a'],
    ['  Agency   A. ', 'agency_a'],
    ['Müller & Söhne', 'muller_sohne'],
    ['Mu\u0308ller', 'muller'],
    ['Ångström Æsir', 'angstrom_sir'],
    ['ﬁne', 'fine'],
    ['7 Eleven', 'agency_7_eleven'],
    ['٣', ''],
    ['東京', ''],
    ['İstanbul', 'istanbul'],
  ])('of %j is %s', (token, key) => {
    expect(agencyKey(token)).toBe(key);
  });

  test('is its own key, and a name that a table can have', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (token) => {
        const key = agencyKey(token);
        expect(agencyKey(key)).toBe(key);
        expect(key).toMatch(/^(?:[a-z][a-z0-9_]*)?$/);
      }),
    );
  });
});

describe('agencies.yaml', () => {
  test('names agencies, their words, their days and their files', () => {
    writeFileSync(
      file,
      `default: agency_a
agencies:
  agency_a: { name: Agency A }
  agency_b:
    name: Agency B
    time_zone: Europe/Zurich
    aliases: [The B, b.]
    files: { orders: ['b_{date:YYYYMMDD}.csv'] }
`,
    );
    const agencies = loadAgencies(workspace);
    expect(agencies.default).toBe('agency_a');
    expect(agencies.list.map(({ key, name, timeZone, aliases }) => [key, name, timeZone, aliases])).toEqual([
      ['agency_a', 'Agency A', undefined, []],
      ['agency_b', 'Agency B', 'Europe/Zurich', ['the_b', 'b']],
    ]);
    expect(agencies.list[1]!.files.orders![0]!.match('b_20260301.csv')).toEqual({ agency: undefined, day: '2026-03-01' });
    for (const token of ['agency_b', 'Agency B', 'THE B', 'B']) expect(findAgency(agencies, token)?.key).toBe('agency_b');
    expect(findAgency(agencies, 'Agency C')).toBeUndefined();
  });

  test('may be absent', () => {
    expect(readAgencies(workspace)).toEqual({ agencies: { list: [], default: undefined }, faults: [] });
  });

  test.each([
    ['agencies:\n  Agency A: { name: A }\n', '2: agencies.Agency A: expected a lower-case name: letters, digits and _, beginning with a letter'],
    ['agencies:\n  a: { name: A,\n    time_zone: Mars }\n', '3: agencies.a.time_zone: expected a time zone such as Europe/Zurich, got `Mars`'],
    ['agencies:\n  a: { name: A }\n\ndefault: b\n', '4: default: expected an agency of this file, got `b`'],
    ['agencies:\n  a: { name: A, aliases: [x] }\n  b: { name: B, aliases: [y, X.] }\n', '3: agencies.b.aliases.1: expected a word of its own: this is a, got `X.`'],
    ['agencies:\n  a: { name: A }\n  b: { name: B, aliases: [a] }\n', '3: agencies.b.aliases.0: expected a word of its own: this is a, got `a`'],
    ['agencies:\n  a: A\n', '2: agencies.a: expected names and values, got `A`'],
    ['agencies: []\n', '1: agencies: expected names and values, got a list'],
    [`agencies:\n  ${'a'.repeat(32)}: { name: A }\n`, `2: agencies.${'a'.repeat(32)}: expected 31 characters at most`],
    ['agencys: {}\n', '1: agencys: is not known here'],
  ])('%j is refused', (text, fault) => {
    writeFileSync(file, text);
    expect(() => loadAgencies(workspace)).toThrow(`The agencies cannot be used:\n  agencies.yaml:${fault}`);
  });

  test('an unknown agency is told with the closest one, and how to add it', () => {
    writeFileSync(file, 'agencies:\n  agency_a: { name: Agency A }\n');
    const error = unknownAgency(loadAgencies(workspace), 'Agency E');
    expect([error.code, error.message, error.hint]).toEqual([
      'unknown_agency',
      'The agency `Agency E` (agency_e) is not declared in agencies.yaml; did you mean agency_a?',
      'If it is new: tally agencies add "Agency E"',
    ]);
  });
});

describe('adding an agency', () => {
  test.each([
    ['an absent file', undefined],
    ['an empty file', ''],
    ['a file of comments', '# Who delivers.\n'],
    ['a file with an empty list', 'agencies: {}\n'],
    ['a file with nothing under agencies', '# Who delivers.\nagencies:\n'],
  ])('to %s', (_, text) => {
    if (text !== undefined) writeFileSync(file, text);
    expect(addAgency(workspace, 'Agency E')).toMatchObject({ key: 'agency_e', name: 'Agency E' });
    expect(loadAgencies(workspace).list.map(({ key, name }) => [key, name])).toEqual([['agency_e', 'Agency E']]);
    if (text?.startsWith('#')) expect(written()).toMatch(/^# Who delivers\.\n/);
  });

  test('keeps what people wrote', () => {
    writeFileSync(
      file,
      `# Who delivers to us.
agencies:
  agency_a: { name: Agency A } # the first one
  # ask Ms. B about it
  agency_b:
    name: 'Agency B'
`,
    );
    addAgency(workspace, 'Agency: "E"', { timeZone: 'Europe/Zurich' });
    expect(written()).toBe(`# Who delivers to us.
agencies:
  agency_a: { name: Agency A } # the first one
  # ask Ms. B about it
  agency_b:
    name: 'Agency B'
  agency_e:
    name: 'Agency: "E"'
    time_zone: Europe/Zurich
`);
    expect(readdirSync(workspace)).toEqual(['agencies.yaml']);
  });

  test.each([
    ['Agency A', {}, 'agencies.yaml declares agency_a (Agency A) already.'],
    ['AGENCY-a', {}, 'agencies.yaml declares agency_a (Agency A) already.'],
    ['The A', {}, 'agencies.yaml declares agency_a (Agency A) already.'],
    ['東京', {}, '`東京` gives the key ``: expected a lower-case name: letters, digits and _, beginning with a letter.'],
    ['', {}, '`` gives the key ``: expected a lower-case name: letters, digits and _, beginning with a letter.'],
    ['a'.repeat(40), {}, `\`${'a'.repeat(40)}\` gives the key \`${'a'.repeat(40)}\`: expected 31 characters at most.`],
    ['Agency E', { timeZone: 'Mars' }, 'expected a time zone such as Europe/Zurich, got `Mars`'],
  ])('%j is refused', (name, details, message) => {
    const before = 'agencies:\n  agency_a: { name: Agency A, aliases: [The A] }\n';
    writeFileSync(file, before);
    expect(() => addAgency(workspace, name, details)).toThrow(message);
    expect(written()).toBe(before);
  });

  test('a file with faults is not written to', () => {
    writeFileSync(file, 'agencies: 7\n');
    expect(() => addAgency(workspace, 'Agency E')).toThrow('The agencies cannot be used');
    expect(written()).toBe('agencies: 7\n');
    expect(existsSync(`${file}.tmp`)).toBe(false);
  });
});
