import { createHash } from 'node:crypto';
import { Agent } from 'node:https';
import {
  SendMessageBatchCommand,
  SQSClient,
  GetQueueAttributesCommand,
  type SendMessageBatchRequestEntry,
} from '@aws-sdk/client-sqs';
import type { SqsDestination } from '../destinations.js';
import { bodyOf } from '../body.js';
import { wordsOf } from '../down.js';
import { limited } from '../limited.js';
import { CONFIRMED, type Message, type Outcome, type Publisher } from '../publisher.js';
import { tlsOptions } from '../tls.js';
import { HUNG_UP, Wire } from '../wire.js';

/** What SQS takes in one request. */
const BATCH = 10;
const BATCH_BYTES = 256 * 1024;
const AT_ONCE = 8;

/** SQS, standard or FIFO: in batches of ten; of a FIFO queue the group is the customer, the deduplication id the message's. */
export async function openSqs(destination: SqsDestination, signal: AbortSignal): Promise<Publisher> {
  const client = clientOf(destination);
  try {
    // That the queue is there and we may use it is known before a message is tried.
    await client.send(
      new GetQueueAttributesCommand({ QueueUrl: destination.url, AttributeNames: ['QueueArn'] }),
      { abortSignal: signal },
    );
  } catch (error) {
    // One may be allowed to send and not to ask.
    if ((error as Error).name !== 'AccessDenied' && (error as Error).name !== 'AccessDeniedException') {
      client.destroy();
      throw error;
    }
  }
  const wire = new Wire();
  const send = (batch: SendMessageBatchRequestEntry[]): Promise<Outcome[]> => {
    let request: Promise<Map<string, Outcome>> | undefined;
    const ask = () => (request ??= sendBatch(client, destination, batch));
    return Promise.all(batch.map(({ Id }) => wire.send(async () => (await ask()).get(Id!)!)));
  };
  return {
    publish: (messages) => {
      const batches = batchesOf(destination, messages);
      const sent = limited(AT_ONCE, batches, send);
      return batches.flatMap((batch, i) => batch.map((_, j) => sent[i]!.then((outcomes) => outcomes[j]!)));
    },
    async close() {
      wire.cut(HUNG_UP);
      client.destroy();
    },
  };
}

function clientOf(destination: SqsDestination): SQSClient {
  // Which Node this runs on is said by package.json, and nothing for those who read what a run prints.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  const { url, region, endpoint, access_key_id: id, secret_access_key: secret } = destination;
  const { session_token: token, tls, timeout_seconds: seconds } = destination;
  const { hostname, origin } = new URL(url);
  const inUrl = /^sqs\.([a-z0-9-]+)\.amazonaws\.com/.exec(hostname)?.[1];
  return new SQSClient({
    region: region ?? inUrl ?? process.env.AWS_REGION ?? 'us-east-1',
    ...(endpoint || !inUrl ? { endpoint: endpoint ?? origin } : {}),
    ...(id && secret
      ? {
          credentials: {
            accessKeyId: id,
            secretAccessKey: secret,
            ...(token ? { sessionToken: token } : {}),
          },
        }
      : {}),
    // What is sent again is decided by the outbox.
    maxAttempts: 1,
    requestHandler: {
      connectionTimeout: seconds * 1000,
      requestTimeout: seconds * 1000,
      throwOnRequestTimeout: true,
      ...(tls ? { httpsAgent: new Agent({ keepAlive: true, ...tlsOptions(tls) }) } : {}),
    },
  });
}

function batchesOf(
  destination: SqsDestination,
  messages: readonly Message[],
): SendMessageBatchRequestEntry[][] {
  const batches: SendMessageBatchRequestEntry[][] = [];
  let bytes = 0;
  for (const message of messages) {
    const entry = entryOf(destination, message);
    const size = Buffer.byteLength(entry.MessageBody!) + ENTRY_BYTES;
    const last = batches.at(-1);
    if (last && last.length < BATCH && bytes + size <= BATCH_BYTES) {
      last.push(entry);
      bytes += size;
    } else {
      batches.push([entry]);
      bytes = size;
    }
  }
  return batches;
}

/** More than the attributes of a message take. */
const ENTRY_BYTES = 512;

function entryOf(destination: SqsDestination, message: Message): SendMessageBatchRequestEntry {
  const { id, agency, type, subject, lane, createdAt } = message;
  const isFifo = new URL(destination.url).pathname.endsWith('.fifo');
  const words = { message_id: id, agency, type, subject, created_at: createdAt.toISOString() };
  return {
    Id: id,
    MessageBody: bodyOf(message, destination.envelope),
    MessageAttributes: Object.fromEntries(
      Object.entries(words).map(([name, value]) => [name, { DataType: 'String', StringValue: value }]),
    ),
    ...(isFifo ? { MessageGroupId: groupOf(agency, lane), MessageDeduplicationId: id } : {}),
  };
}

/** A group is of 128 letters, digits and signs at most; a lane that is not is told by its digest. */
export function groupOf(agency: string, lane: string): string {
  const group = `${agency}/${lane}`;
  if (/^[A-Za-z0-9!-/:-@[-`{-~]{1,128}$/.test(group)) return group;
  return `${agency}/${createHash('sha256').update(lane).digest('hex')}`;
}

async function sendBatch(
  client: SQSClient,
  { url, redact }: SqsDestination,
  batch: SendMessageBatchRequestEntry[],
): Promise<Map<string, Outcome>> {
  const outcomes = new Map<string, Outcome>();
  try {
    const answer = await client.send(new SendMessageBatchCommand({ QueueUrl: url, Entries: batch }));
    for (const { Id } of answer.Successful ?? []) outcomes.set(Id!, CONFIRMED);
    for (const { Id, Code, Message: text, SenderFault } of answer.Failed ?? [])
      outcomes.set(Id!, {
        is: 'refused',
        poison: SenderFault ?? false,
        why: redact(`${Code}: ${text ?? ''}`),
      });
  } catch (error) {
    for (const { Id } of batch) outcomes.set(Id!, failureOf(error, batch.length, redact));
  }
  for (const { Id } of batch)
    if (!outcomes.has(Id!)) outcomes.set(Id!, { is: 'lost', why: 'SQS did not say what became of it' });
  return outcomes;
}

const ABOUT_A_MESSAGE = /InvalidMessageContents|InvalidParameterValue|BatchRequestTooLong|MessageTooLong/;

function failureOf(error: unknown, size: number, redact: (text: string) => string): Outcome {
  const why = redact(wordsOf(error));
  const { name = '', $fault, syscall } = error as { name?: string; $fault?: string; syscall?: string };
  // What is wrong with a whole request may be wrong with one message of it: alone it is told.
  if (ABOUT_A_MESSAGE.test(name))
    return size === 1 ? { is: 'refused', poison: true, why } : { is: 'lost', why };
  // Asked too often, not allowed, no such queue; or never asked at all.
  const isDown = $fault === 'client' || syscall === 'connect' || name === 'CredentialsProviderError';
  return { is: isDown ? 'down' : 'lost', why };
}
