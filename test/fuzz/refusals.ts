/** The code with which a file was refused; anything else is a fault of the program. */
export function errorCode(error: unknown): string {
  const { name, code } = error as { name?: string; code?: string };
  if (name === 'TallyError' && code !== undefined) return code;
  throw error;
}
