import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** An authority of its own, and what it has signed: the texts of PEM files. */
export interface Certificates {
  ca: string;
  server: { cert: string; key: string };
  client: { cert: string; key: string };
}

/** The server is called `broker.test`, which is no name of this machine. */
export function makeCertificates(): Certificates {
  const folder = mkdtempSync(join(tmpdir(), 'tally-certificates-'));
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const read = (name: string) => readFileSync(join(folder, name), 'utf8');
  const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2'];
  const signed = (name: string, subject: string) => {
    const by = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-addext', 'basicConstraints=critical,CA:FALSE'];
    const named = ['-subj', `/CN=${subject}`, '-addext', `subjectAltName=DNS:${subject}`];
    openssl(...request, ...by, ...named, '-keyout', `${name}.key`, '-out', `${name}.pem`);
    return { cert: read(`${name}.pem`), key: read(`${name}.key`) };
  };
  try {
    openssl(...request, '-subj', '/CN=Authority of a test', '-keyout', 'ca.key', '-out', 'ca.pem');
    const [server, client] = [signed('server', 'broker.test'), signed('client', 'tallyhouse')];
    return { ca: read('ca.pem'), server, client };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
