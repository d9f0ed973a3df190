import { expect } from '@jest/globals';
import type { Ran } from '../setup/workspace.js';

/** No stack is ever shown: it means nothing to whoever reads it, and the log has it. */
export function expectNoStack({ stdout, stderr }: Ran): void {
  expect(`${stdout}\n${stderr}`.split('\n').filter((line) => /^\s+at /.test(line))).toEqual([]);
}

/** A command that could not do what it was asked: one error, its exit code, and nothing that looks like a result. */
export function expectError(ran: Ran, code: string, exit: number, says: string | RegExp): void {
  expectNoStack(ran);
  expect(ran.stderr).toMatch(new RegExp(`^Error \\(${code}\\): `, 'm'));
  expect(ran.stderr.match(/^Error \(/gm)).toHaveLength(1);
  expect(ran.stderr).toMatch(says);
  expect(ran.code).toBe(exit);
}

/** The one document that a command printed with --json. */
export function documentOf<T = Record<string, unknown>>(ran: Ran): T {
  expectNoStack(ran);
  return JSON.parse(ran.stdout) as T;
}
