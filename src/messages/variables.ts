/** `${NAME}` in a text of a declaration: a variable of the environment or of `.env`. */
export const NAMED = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

export function namesIn(text: string): string[] {
  return [...text.matchAll(NAMED)].map((match) => match[1]!);
}
