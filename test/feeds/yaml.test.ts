import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { faultText, readYaml } from '../../src/feeds/yaml.js';

const schema = z.strictObject({
  name: z.string().min(1),
  size: z.number().int().min(0).optional(),
  parts: z.array(z.strictObject({ kind: z.enum(['a', 'b']) })).default([]),
  named: z.record(z.string().regex(/^[a-z]+$/, 'expected small letters'), z.number()).default({}),
});
const read = (text: string) => readYaml('file.yaml', text, schema);
const faults = (text: string) => {
  const result = read(text);
  return 'faults' in result ? result.faults.map(({ line, message }) => `${line}: ${message}`) : [];
};

test('a right file is its value', () => {
  expect(read('name: x\nparts:\n  - kind: a\n')).toEqual({
    value: { name: 'x', parts: [{ kind: 'a' }], named: {} },
  });
});

describe('a fault has the line', () => {
  test.each([
    ['of the value', 'name: 1\n', '1: name: expected a text, got `1`'],
    ['of its name, where the value begins below it', 'name: x\nsize:\n\n  - 1\n', '2: size: expected a number, got a list'],
    ['of an unknown name, where the value begins below it', 'name: x\ncolour:\n\n  deep: 1\n', '2: colour: is not known here'],
    ['of the nearest thing that is written', 'name: x\nparts:\n  - kind: a\n  - {}\n', '4: parts.1.kind: expected a or b, got nothing'],
    ['of a wrong name', 'name: x\nnamed:\n  a: 1\n  B: 2\n', '4: named.B: expected small letters'],
    ['of an anchor that is used', 'name: x\nparts:\n  - &p { kind: c }\n', '3: parts.0.kind: expected a or b, got `c`'],
    ['1 where nothing is written', '# nothing\n', '1: name: expected a text, got nothing'],
  ])('%s', (_, text, fault) => {
    expect(faults(text)).toEqual([fault]);
  });
});

test('what is no YAML is said with its line', () => {
  expect(faults('name: x\n\tsize: 1\n')).toEqual(['2: not YAML: Tabs are not allowed as indentation']);
  expect(faults('a: &a [1, 1]\nb: [*none]\n')[0]).toMatch(/^1: not YAML: Unresolved alias/);
});

test('a fault is shown with file and line', () => {
  expect(faultText({ file: 'feeds/a.yaml', line: 3, message: 'x: expected y' })).toBe('  feeds/a.yaml:3: x: expected y');
});
