import {
  Agent as HttpAgent,
  request as httpRequest,
  validateHeaderValue,
  type IncomingMessage,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { WebhookDestination } from '../destinations.js';
import { bodyOf } from '../body.js';
import { wordsOf } from '../down.js';
import { limited } from '../limited.js';
import { CONFIRMED, type Message, type Outcome, type Publisher } from '../publisher.js';
import { tlsOptions } from '../tls.js';
import { HUNG_UP, Wire } from '../wire.js';

/** A POST for each message; any answer of 2xx confirms it. */
export async function openWebhook(destination: WebhookDestination): Promise<Publisher> {
  for (const [name, value] of Object.entries(destination.headers)) validateHeaderValue(name, value);
  const isTls = new URL(destination.url).protocol === 'https:';
  const options = { keepAlive: true, maxSockets: destination.concurrency };
  const agent = isTls
    ? new HttpsAgent({ ...options, ...tlsOptions(destination.tls) })
    : new HttpAgent(options);
  const request = isTls ? httpsRequest : httpRequest;
  const wire = new Wire();

  const post = (message: Message): Promise<Outcome> =>
    new Promise((resolve) => {
      const body = Buffer.from(bodyOf(message, destination.envelope));
      const sent = request(destination.url, {
        method: 'POST',
        agent,
        timeout: destination.timeout_seconds * 1000,
        headers: { ...headersOf(message), 'content-length': body.length, ...destination.headers },
      });
      let isReached = false;
      sent.on('socket', (socket) => {
        if (!socket.connecting) isReached = true;
        else socket.once(isTls ? 'secureConnect' : 'connect', () => (isReached = true));
      });
      const lost = (error: unknown) =>
        resolve({ is: isReached ? 'lost' : 'down', why: destination.redact(wordsOf(error)) });
      sent.on('error', lost);
      sent.on('timeout', () => sent.destroy(new Error(`no answer for ${destination.timeout_seconds} s`)));
      sent.on('response', (answer) => {
        void firstWords(answer).then(
          (text) => resolve(outcomeOf(destination, answer.statusCode!, text)),
          lost,
        );
      });
      sent.end(body);
    });

  return {
    publish: (messages) =>
      limited(destination.concurrency, messages, (message) => wire.send(() => post(message))),
    async close() {
      wire.cut(HUNG_UP);
      agent.destroy();
    },
  };
}

function headersOf({ id, agency, type, subject, createdAt }: Message): Record<string, string> {
  return {
    'content-type': 'application/json; charset=utf-8',
    'user-agent': 'tallyhouse',
    'idempotency-key': id,
    'tally-message-id': id,
    'tally-agency': agency,
    'tally-type': type,
    'tally-subject': encodeURIComponent(subject),
    'tally-created-at': createdAt.toISOString(),
  };
}

/** Reads the answer to its end, so that its connection can be used again, and keeps a little of it. */
async function firstWords(answer: IncomingMessage): Promise<string> {
  let text = '';
  answer.setEncoding('utf8');
  for await (const part of answer) if (text.length < 200) text += part as string;
  return text.slice(0, 200).replace(/\s+/g, ' ').trim();
}

/** Answers that are about the address, the right or the moment, whatever the message is. */
const ABOUT_THE_PLACE = [401, 402, 403, 404, 405, 407, 408, 410, 421, 429, 502, 503, 504];

function outcomeOf({ redact }: WebhookDestination, status: number, text: string): Outcome {
  if (status >= 200 && status < 300) return CONFIRMED;
  const why = redact(`it answered ${status}${text ? `: ${text}` : ''}`);
  // A redirection is not followed: a POST may lose its body on the way.
  if (status < 400 || ABOUT_THE_PLACE.includes(status)) return { is: 'down', why };
  return { is: 'refused', poison: status < 500, why };
}
