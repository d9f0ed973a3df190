const PARTS: Record<string, string> = {
  YYYY: '(?<year>\\d{4})',
  MM: '(?<month>\\d{2})',
  DD: '(?<day>\\d{2})',
  HH: '(?<hour>\\d{2})',
  mm: '(?<minute>\\d{2})',
  ss: '(?<second>\\d{2})',
};

/** `DD/MM/YYYY HH:mm` as a regular expression with named groups; undefined where it is no such format. */
export function parseDateFormat(format: string): RegExp | undefined {
  const pieces = format.split(/(YYYY|MM|DD|HH|mm|ss)/).filter((piece) => piece !== '');
  const parts = pieces.filter((piece) => piece in PARTS);
  const has = (part: string) => parts.includes(part);
  if (new Set(parts).size !== parts.length || !has('YYYY') || !has('MM') || !has('DD')) return undefined;
  if ((has('mm') && !has('HH')) || (has('HH') && !has('mm')) || (has('ss') && !has('mm'))) return undefined;
  if (pieces.some((piece) => !(piece in PARTS) && /[A-SU-Za-su-z0-9]|[^ -~]/.test(piece))) return undefined;
  const source = pieces
    .map((piece) => PARTS[piece] ?? piece.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'))
    .join('');
  return new RegExp(`^${source}$`);
}
