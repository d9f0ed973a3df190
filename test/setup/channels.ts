import { afterAll } from '@jest/globals';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';

/** Real servers on 127.0.0.1 that take what is sent to people; closed when the test file is done. */

const closing: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const close of closing.splice(0)) await close();
});

export interface Received {
  path: string;
  headers: IncomingHttpHeaders;
  body: Record<string, unknown>;
}

export interface HttpReceiver {
  port: number;
  url(path: string): string;
  received: Received[];
  /** What it answers from now on; `never` leaves everyone waiting. */
  answer: { status: number; body?: string; location?: string } | 'never';
}

export async function startHttp(): Promise<HttpReceiver> {
  const server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (part: string) => (text += part));
    request.on('end', () => {
      receiver.received.push({
        path: request.url!,
        headers: request.headers,
        body: JSON.parse(text) as Record<string, unknown>,
      });
      if (receiver.answer === 'never') return;
      const { status, body = '', location } = receiver.answer;
      response.writeHead(status, location ? { location } : {}).end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  const receiver: HttpReceiver = {
    port,
    url: (path) => `http://127.0.0.1:${port}${path}`,
    received: [],
    answer: { status: 200 },
  };
  return receiver;
}

/** A port on which nobody listens. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export interface Mail {
  from: string;
  to: string[];
  /** The whole mail as it was sent, headers and all. */
  text: string;
}

export interface SmtpReceiver {
  port: number;
  mails: Mail[];
  /** Answered to every mail from now on instead of taking it. */
  refuseWith: string | undefined;
}

/** With a user it wants to be told who sends: `me` with this password. */
export async function startSmtp({ password }: { password?: string } = {}): Promise<SmtpReceiver> {
  const receiver: SmtpReceiver = { port: 0, mails: [], refuseWith: undefined };
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS', ...(password === undefined ? ['AUTH'] : [])],
    authOptional: password === undefined,
    allowInsecureAuth: true,
    closeTimeout: 100,
    onAuth(auth, _session, done) {
      if (auth.username === 'me' && auth.password === password) done(null, { user: 'me' });
      else done(new Error(`Who is me with ${auth.password}?`));
    },
    onData(stream, session, done) {
      let text = '';
      stream.setEncoding('utf8').on('data', (part: string) => (text += part));
      stream.on('end', () => {
        if (receiver.refuseWith) return done(new Error(receiver.refuseWith));
        const { mailFrom, rcptTo } = session.envelope;
        receiver.mails.push({
          from: mailFrom ? mailFrom.address : '',
          to: rcptTo.map(({ address }) => address),
          text,
        });
        done();
      });
    },
  });
  server.on('error', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  closing.push(() => new Promise<void>((resolve) => server.close(() => resolve())));
  receiver.port = (server.server.address() as AddressInfo).port;
  return receiver;
}
