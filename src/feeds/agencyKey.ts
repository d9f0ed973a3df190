/** `Agency A` becomes agency_a. */
export function agencyKey(token: string): string {
  return token
    .normalize('NFKD')
    .toLowerCase()
    .replace(/\p{Mark}/gu, '')
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .replace(/^(?=\d)/, 'agency_');
}
