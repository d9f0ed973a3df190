import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));

test('what lies in the inbox of a checkout, until it is run, are the samples', () => {
  const samples = readdirSync(join(REPOSITORY, 'samples'));
  expect(samples.length).toBeGreaterThan(10);
  for (const name of samples) {
    const delivered = join(REPOSITORY, 'inbox', name);
    if (existsSync(delivered)) {
      expect(readFileSync(delivered, 'utf8')).toBe(readFileSync(join(REPOSITORY, 'samples', name), 'utf8'));
    }
  }
});
