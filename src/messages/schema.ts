import * as z from 'zod';
import type { Config } from '../config.js';
import { expand, namesIn } from './variables.js';
import { PLACEHOLDERS, placeholdersIn } from './template.js';

/** How destinations.yaml is written. The JSON Schema for editors is generated from here. */

const NAME = /^[a-z][a-z0-9_-]{0,40}$/;

const text = z.string().min(1);
const seconds = (fallback: number) => z.number().min(0, 'expected 0 or more seconds').default(fallback);

const template = (fallback: string) =>
  text
    .refine((written) => placeholdersIn(written).every((name) => PLACEHOLDERS.includes(name)), {
      message: `expected only ${PLACEHOLDERS.map((name) => `{${name}}`).join(', ')} in braces`,
    })
    .default(fallback);

export const tlsSchema = z
  .strictObject({
    ca: text.optional().describe('A file with the certificates to trust instead of those of the system'),
    cert: text.optional().describe('A file with our own certificate'),
    key: text.optional().describe('A file with its key'),
    passphrase: text.optional().describe('Of the key: ${NAME}'),
    server_name: text.optional().describe('The name that the certificate must have, if not that of the URL'),
  })
  .describe('For TLS beyond what the URL says; files are looked for in the workspace');

const common = {
  messages: z
    .array(z.enum(['customer', 'error']))
    .min(1)
    .default(['customer', 'error'])
    .describe('Which messages it gets; with `error` also those that tell an error as resolved'),
  agencies: z.array(text).min(1).optional().describe('Only those of these agencies; without it, of all'),
  tries: z
    .int()
    .min(1)
    .max(100)
    .default(5)
    .describe('How often a message may be refused before it is parked'),
  retry_seconds: seconds(30).describe(
    'How long a refused message waits; twice as long each time, an hour at most',
  ),
  timeout_seconds: z
    .number()
    .min(1)
    .max(600)
    .default(20)
    .describe('How long an answer is waited for, and a connection'),
};

const url = text.describe('Where it is; a password comes from the environment: ${NAME}');
const envelope = (fallback: boolean) =>
  z
    .boolean()
    .default(fallback)
    .describe(
      'Whether message id, agency and time are put around the message, beside where they stand anyway',
    );
const tls = tlsSchema.optional();

const destination = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({
      kind: z.literal('amqp'),
      url,
      exchange: text
        .max(127)
        .default('tallyhouse')
        .describe('A durable topic exchange; declared if it is not there'),
      routing_key: template('{agency}.{type}'),
      envelope: envelope(false),
      tls,
      ...common,
    }),
    z.strictObject({
      kind: z.literal('mqtt'),
      url,
      version: z
        .union([z.literal(5), z.literal('3.1.1')], 'expected 5 or 3.1.1')
        .default(5)
        .describe('The version of the protocol'),
      topic: template('tallyhouse/{agency}/{type}/{customer_reference}').refine(
        (written) => !/[+#]/.test(written),
        'expected a topic without + and #, which are only for those who subscribe',
      ),
      retain: z.boolean().default(false).describe('Whether the broker keeps the last message of each topic'),
      envelope: z
        .boolean()
        .optional()
        .describe(
          'As elsewhere; MQTT 3.1.1 has no other place for them, so there it is on if nothing is said',
        ),
      tls,
      ...common,
    }),
    z.strictObject({
      kind: z.literal('sqs'),
      url: text.describe('The URL of the queue; one that ends in .fifo is a FIFO queue'),
      region: text.optional().describe('If the URL does not tell'),
      endpoint: text.optional().describe('Of a server other than that of the region'),
      access_key_id: text.optional().describe('${NAME}; without it the usual places of AWS are looked at'),
      secret_access_key: text.optional().describe('${NAME}'),
      session_token: text.optional().describe('${NAME}'),
      envelope: envelope(false),
      tls,
      ...common,
    }),
    z.strictObject({
      kind: z.literal('webhook'),
      url,
      headers: z
        .record(z.string().regex(/^[\w-]+$/), text)
        .default({})
        .describe('Such as authorization: ${NAME}'),
      concurrency: z
        .int()
        .min(1)
        .max(100)
        .default(8)
        .describe('How many requests at once; of one customer never more than one'),
      envelope: envelope(false),
      tls,
      ...common,
    }),
    z.strictObject({
      kind: z.literal('stdout'),
      envelope: envelope(true),
      ...common,
    }),
  ],
  { error: 'expected amqp, mqtt, sqs, webhook or stdout' },
);

export const destinationsFile = z.strictObject({
  destinations: z
    .record(z.string().regex(NAME, 'expected a lower-case name: letters, digits, - and _'), destination)
    .nullable()
    .default({})
    .transform((destinations) => destinations ?? {}),
});

export type DestinationFile = z.output<typeof destination>;

const SCHEMES: Partial<Record<DestinationFile['kind'], string[]>> = {
  amqp: ['amqp:', 'amqps:'],
  mqtt: ['mqtt:', 'mqtts:', 'ws:', 'wss:'],
  sqs: ['http:', 'https:'],
  webhook: ['http:', 'https:'],
};

/** What they are called with TLS. */
const SECURE: Record<string, string> = {
  'amqp:': 'amqps:',
  'mqtt:': 'mqtts:',
  'ws:': 'wss:',
  'http:': 'https:',
};

/** Texts that are secrets by themselves. */
const SECRETS = ['passphrase', 'secret_access_key', 'session_token'];

/** The same, with what the schema cannot know by itself: which variables and files there are. */
export function destinationsSchema(variable: Config['variable'], isFile: (path: string) => boolean) {
  return destinationsFile.superRefine(({ destinations }, context) => {
    for (const [name, declared] of Object.entries(destinations)) {
      const fault = (path: (string | number)[], message: string) =>
        context.addIssue({ code: 'custom', path: ['destinations', name, ...path], message });
      for (const [path, written] of textsOf(declared)) {
        const missing = namesIn(written).filter((each) => variable(each) === undefined);
        if (missing.length > 0)
          fault(path, `${missing.join(', ')} is set neither in the environment nor in .env`);
        if (SECRETS.includes(String(path.at(-1))) && namesIn(written).length === 0)
          fault(path, `a secret does not belong in this file: write \${NAME}, and set NAME in .env`);
      }
      if ('url' in declared) {
        const trouble = urlTrouble(declared.url, SCHEMES[declared.kind]!, variable);
        if (trouble) fault(['url'], trouble);
      }
      if (!('tls' in declared) || !declared.tls) continue;
      for (const what of ['ca', 'cert', 'key'] as const) {
        const file = expand(declared.tls[what] ?? '', variable);
        if (file && !isFile(file)) fault(['tls', what], `there is no file ${file}`);
      }
      const url = expand(('endpoint' in declared ? declared.endpoint : undefined) ?? declared.url, variable);
      const scheme = URL.canParse(url) ? new URL(url).protocol : undefined;
      if (scheme && scheme in SECURE)
        fault(['tls'], `nothing of it is used with ${scheme}//: write ${SECURE[scheme]}//`);
    }
  });
}

/** No word of these shows the URL: it may hold a password. */
function urlTrouble(written: string, schemes: string[], variable: Config['variable']): string | undefined {
  if (/^[^$]*\/\/[^/@]*:(?!\$\{)[^/@]+@/.test(written))
    return 'a password does not belong in this file: write ${NAME}, and set NAME in .env';
  if (namesIn(written).some((name) => variable(name) === undefined)) return undefined;
  const filled = expand(written, variable);
  if (URL.canParse(filled) && schemes.includes(new URL(filled).protocol)) return undefined;
  return `is no URL that begins with ${schemes.map((scheme) => `${scheme}//`).join(' or ')}`;
}

function textsOf(value: unknown, path: (string | number)[] = []): [(string | number)[], string][] {
  if (typeof value === 'string') return [[path, value]];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, each]) => textsOf(each, [...path, name]));
}
