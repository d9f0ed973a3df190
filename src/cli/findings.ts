import type { Finding } from '../run/check/finding.js';
import type { Terminal } from './terminal.js';
import { plural, printableLines } from './text.js';

const MARGIN = 2;

/** A short line for what is well; of what is not, what was expected and what mends it. */
export function sayFindings(terminal: Terminal, findings: Finding[]): void {
  const { colors } = terminal;
  const words = { ok: colors.green, trouble: colors.red, unknown: colors.yellow };
  const first = Math.max(...Object.keys(words).map((word) => word.length)) + MARGIN;
  const second = Math.max(...findings.map(({ name }) => name.length)) + MARGIN;
  const indent = ' '.repeat(first + second);
  for (const { name, state, expected, actual, mend } of findings) {
    const say = state === 'trouble' ? terminal.alarm : terminal.say;
    const word = words[state](state) + ' '.repeat(first - state.length);
    say(`${word}${name.padEnd(second)}${hanging(actual, indent)}`);
    if (state === 'trouble') say(`${indent}expected: ${hanging(expected, `${indent}          `)}`);
    if (mend !== null) say(`${indent}mend:     ${hanging(mend, `${indent}          `)}`);
  }
  const troubles = findings.filter(({ state }) => state === 'trouble').length;
  const isAll = !findings.some(({ state }) => state === 'unknown');
  terminal.say();
  if (troubles > 0) terminal.say(`${plural(troubles, 'trouble')}.`);
  else terminal.say(isAll ? 'Nothing is wrong.' : 'Nothing is wrong with what could be looked at.');
}

function hanging(text: string, indent: string): string {
  return printableLines(text).replaceAll('\n', `\n${indent}`);
}
