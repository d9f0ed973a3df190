import { makeFeed } from '../../feeds/making.js';
import type { Encoding } from '../../../src/load/read/blocks.js';
import { compileColumn, type ColumnCheck } from '../../../src/load/check/columns.js';
import { encode } from '../../../src/load/check/texts.js';
import { AS_IS, INVALID, MISSING, type ValueCheck } from '../../../src/load/check/verdict.js';

export type Word = 'invalid' | 'as it is' | 'rewrite' | 'missing';

/** What a check says of a value that stands somewhere in a row. */
export function judge(check: ValueCheck, value: string | Buffer, encoding: Encoding = 'utf-8'): Word {
  const bytes = typeof value === 'string' ? encode(value, encoding)! : value;
  const verdict = check(Buffer.concat([Buffer.from('7,'), bytes, Buffer.from(',7')]), 2, 2 + bytes.length);
  if (verdict === INVALID) return 'invalid';
  if (verdict === MISSING) return 'missing';
  return verdict === AS_IS ? 'as it is' : 'rewrite';
}

/** The check of one column. */
export function columnCheck(type: string, rest: object = {}, encoding: Encoding = 'utf-8'): ColumnCheck {
  const feed = makeFeed([{ name: 'value', type, ...rest }], { encoding });
  return compileColumn(feed.columns[0]!, encoding);
}

/** The rules that a value breaks. */
export function brokenRules(check: ColumnCheck, value: string, encoding: Encoding = 'utf-8'): string[] {
  const bytes = encode(value, encoding)!;
  return check.rules.filter((rule) => !rule.fits(bytes, 0, bytes.length)).map((rule) => rule.name);
}
