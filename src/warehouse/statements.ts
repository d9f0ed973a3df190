import { readFileSync } from 'node:fs';
import pg from 'pg';
import { PACKAGE } from '../package.js';

/** A relation in a schema, as a statement names it. */
export interface Relation {
  schema: string;
  name: string;
}

export type Word = string | Relation | readonly string[];

const texts = new Map<string, string>();

/**
 * The text of `sql/statements/<name>.sql`. Values are parameters ($1); what PostgreSQL takes no parameter for
 * stands in braces and is quoted here: `{{table}}` an identifier or a list of them, `{{=agency}}` a literal,
 * `{{!select}}` text that is SQL already.
 */
export function statement(name: string, words: Record<string, Word> = {}): string {
  let text = texts.get(name);
  if (text === undefined) {
    text = readFileSync(`${PACKAGE}sql/statements/${name}.sql`, 'utf8');
    texts.set(name, text);
  }
  return fillIn(text, words);
}

/**
 * The same for a statement without words that is asked again and again: the server reads and plans it once for each
 * connection, which for the small questions to the ledger is most of what they cost.
 */
export function prepared(name: string, values: unknown[]): pg.QueryConfig {
  return { name, text: statement(name), values };
}

export function fillIn(text: string, words: Record<string, Word>): string {
  return text.replace(/\{\{([=!]?)(\w+)\}\}/g, (_, how: string, key: string) => {
    const word = words[key];
    if (word === undefined) throw new Error(`the statement needs {{${key}}}`);
    if (how === '!') return String(word);
    if (how === '=') return pg.escapeLiteral(String(word));
    return quoteName(word);
  });
}

export function quoteName(word: Word): string {
  if (typeof word === 'string') return pg.escapeIdentifier(word);
  if ('schema' in word) return `${pg.escapeIdentifier(word.schema)}.${pg.escapeIdentifier(word.name)}`;
  return word.map((each) => pg.escapeIdentifier(each)).join(', ');
}

export function quoteLiteral(text: string): string {
  return pg.escapeLiteral(text);
}
