import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { openTerminal, table, wantsColors } from '../../src/cli/terminal.js';

describe('colours', () => {
  const terminal = { isTTY: true };

  test('are for a terminal alone', () => {
    expect(wantsColors(terminal, {})).toBe(true);
    // What is piped has no isTTY at all; that must not be left to a guess from CI or FORCE_COLOR.
    expect(wantsColors({}, { CI: 'true', FORCE_COLOR: '1' })).toBe(false);
    expect(wantsColors({ isTTY: false }, {})).toBe(false);
  });

  test('never come with NO_COLOR, whatever its value, and never on a dumb terminal', () => {
    expect(wantsColors(terminal, { NO_COLOR: '1' })).toBe(false);
    expect(wantsColors(terminal, { NO_COLOR: '0' })).toBe(false);
    expect(wantsColors(terminal, { NO_COLOR: '' })).toBe(true);
    expect(wantsColors(terminal, { TERM: 'dumb' })).toBe(false);
  });
});

describe('what is said where', () => {
  const written = { stdout: '', stderr: '' };
  const catchWrites = () => {
    Object.assign(written, { stdout: '', stderr: '' });
    for (const name of ['stdout', 'stderr'] as const) {
      jest.spyOn(process[name], 'write').mockImplementation((text) => {
        written[name] += String(text);
        return true;
      });
    }
  };
  afterEach(() => void jest.restoreAllMocks());

  const sayAll = (options: { json?: boolean; quiet?: boolean }) => {
    catchWrites();
    const terminal = openTerminal(options);
    terminal.say('result');
    terminal.alarm('alarm');
    terminal.note('note');
    terminal.document({ a: 1 });
    jest.restoreAllMocks();
    return { ...written };
  };

  test('a person gets the result on stdout, and the rest on stderr', () => {
    expect(sayAll({})).toEqual({ stdout: 'result\nalarm\n', stderr: 'note\n' });
  });

  test('a program gets one document and nothing else on stdout', () => {
    expect(sayAll({ json: true })).toEqual({ stdout: '{\n  "a": 1\n}\n', stderr: 'note\n' });
  });

  test('with --quiet only what went wrong is left', () => {
    expect(sayAll({ quiet: true })).toEqual({ stdout: '', stderr: 'alarm\n' });
    expect(sayAll({ quiet: true, json: true })).toEqual({ stdout: '{\n  "a": 1\n}\n', stderr: '' });
  });
});

test('a table is aligned, without rules and without blanks at the ends of lines', () => {
  const text = table(
    [{ title: 'name' }, { title: 'rows', right: true }],
    [
      ['a', '1'],
      ['a longer one', '1,000'],
      ['東京', '2'],
    ],
  );
  expect(text).toBe(
    ['name           rows', 'a                 1', 'a longer one  1,000', '東京              2'].join('\n'),
  );
});
