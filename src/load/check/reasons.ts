/** Why a row is invalid: one of these for everything that is wrong with it. */
export interface Reason {
  column: string | null;
  value: string | null;
  rule: string;
  message: string;
}

/** A value is shown up to here; the raw text of the row has all of it. */
const SHOWN = 200;

export function shown(value: string): string {
  const cut = value.length > SHOWN ? `${value.slice(0, SHOWN)}…` : value;
  // Neither NUL nor half of a surrogate pair can stand in a jsonb text.
  return cut.toWellFormed().replaceAll('\0', '\\x00');
}

/** Bytes that are not of the file's encoding, as \xNN between the characters that are. */
export function shownBytes(bytes: Buffer): string {
  let text = '';
  let i = 0;
  while (i < bytes.length && text.length <= SHOWN) {
    const length = characterLength(bytes, i);
    text += length === 0 ? `\\x${bytes[i]!.toString(16).padStart(2, '0')}` : bytes.toString('utf8', i, i + length);
    i += length || 1;
  }
  return shown(text);
}

/** How many bytes the UTF-8 character at `at` has; 0 where there is none, or NUL. */
function characterLength(bytes: Buffer, at: number): number {
  const byte = bytes[at]!;
  if (byte < 0x80) return byte === 0 ? 0 : 1;
  for (let length = 2; length <= 4; length++) {
    const character = bytes.toString('utf8', at, at + length);
    if (at + length <= bytes.length && [...character].length === 1 && character !== '\ufffd') return length;
  }
  return 0;
}

/** All reasons in one line. */
export function summaryOf(reasons: readonly Reason[]): string {
  return reasons.map((reason) => (reason.column ? `${reason.column}: ${reason.message}` : reason.message)).join('; ');
}
