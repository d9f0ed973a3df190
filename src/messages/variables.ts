import type { Config } from '../config.js';

/** `${NAME}` in a text of a declaration: a variable of the environment or of `.env`. */
const NAMED = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

/** The text with what the variables hold; one that is not set holds nothing. */
export function expand(text: string, variable: Config['variable']): string {
  return text.replace(NAMED, (_, name: string) => variable(name) ?? '');
}

export function namesIn(text: string): string[] {
  return [...text.matchAll(NAMED)].map((match) => match[1]!);
}
