import { readFileSync } from 'node:fs';
import type * as z from 'zod';
import type { tlsSchema } from './schema.js';

/** What node:tls understands. */
export function tlsOptions(tls: z.output<typeof tlsSchema> = {}) {
  return {
    ...(tls.ca ? { ca: readFileSync(tls.ca) } : {}),
    ...(tls.cert ? { cert: readFileSync(tls.cert) } : {}),
    ...(tls.key ? { key: readFileSync(tls.key) } : {}),
    ...(tls.passphrase ? { passphrase: tls.passphrase } : {}),
    ...(tls.server_name ? { servername: tls.server_name } : {}),
  };
}
