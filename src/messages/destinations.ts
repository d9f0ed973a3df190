import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type * as z from 'zod';
import { closest } from '../closest.js';
import type { Config } from '../config.js';
import { TallyError } from '../errors.js';
import { faultText, readText, readYaml, type Fault } from '../feeds/yaml.js';
import { destinationsSchema, type DestinationFile } from './schema.js';
import { expand, namesIn } from './variables.js';

type OfKind<K extends DestinationFile['kind']> = Extract<DestinationFile, { kind: K }>;

interface Named {
  name: string;
  /** A text that may hold secrets, without them. */
  redact(text: string): string;
}

/** A destination of messages as destinations.yaml declares it, its variables filled in. */
export type Destination = DestinationFile & Named;
export type AmqpDestination = OfKind<'amqp'> & Named;
export type MqttDestination = OfKind<'mqtt'> & Named;
export type SqsDestination = OfKind<'sqs'> & Named;
export type WebhookDestination = OfKind<'webhook'> & Named;

const FILE = 'destinations.yaml';

type Settings = Pick<Config, 'workspace' | 'variable'>;

export function readDestinations(config: Settings): { destinations: Destination[]; faults: Fault[] } {
  const path = join(config.workspace, FILE);
  if (!existsSync(path)) return { destinations: [], faults: [] };
  const found = readText(FILE, path);
  if ('faults' in found) return { destinations: [], faults: found.faults };
  const place = (file: string) => resolve(config.workspace, file);
  const read = readYaml(
    FILE,
    found.text,
    destinationsSchema(config.variable, (file) => existsSync(place(file))),
  );
  if ('faults' in read) return { destinations: [], faults: read.faults };
  const destinations = Object.entries(read.value.destinations).map(([name, declared]) => {
    const secrets = new Set<string>();
    const filled = fillIn(declared, (text) => {
      for (const named of namesIn(text))
        for (const secret of secretsOf(config.variable(named) ?? '')) secrets.add(secret);
      return expand(text, config.variable);
    }) as DestinationFile;
    if ('tls' in filled && filled.tls) filled.tls = inWorkspace(filled.tls, place);
    return { ...filled, name, redact: (text: string) => withoutSecrets(text, secrets) };
  });
  return { destinations, faults: [] };
}

export function loadDestinations(config: Settings): Destination[] {
  const { destinations, faults } = readDestinations(config);
  if (faults.length > 0) {
    throw new TallyError(
      'destinations_invalid',
      `The destinations cannot be used:\n${faults.map(faultText).join('\n')}`,
    );
  }
  return destinations;
}

export function findDestination(destinations: Destination[], name: string): Destination {
  const found = destinations.find((each) => each.name === name);
  if (found) return found;
  const names = destinations.map((each) => each.name);
  const near = closest(name, names);
  throw new TallyError(
    'unknown_destination',
    `There is no destination \`${name}\` in ${FILE}${near ? `; did you mean ${near}?` : '.'}`,
    {
      hint:
        names.length > 0 ? `Destinations of this workspace: ${names.join(', ')}` : 'It declares none yet.',
    },
  );
}

/** Every text within a value, made into another. */
function fillIn(value: unknown, make: (text: string) => string): unknown {
  if (typeof value === 'string') return make(value);
  if (Array.isArray(value)) return value.map((each) => fillIn(each, make));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, fillIn(each, make)]));
}

/** Of a URL its password, and of a web address all that follows the host: many carry their secret there. */
function secretsOf(value: string): string[] {
  if (!URL.canParse(value)) return [value];
  const { password, protocol, pathname, search } = new URL(value);
  const path = /^https?:$/.test(protocol) ? `${pathname}${search}` : '';
  return [password, decodeURIComponent(password), path];
}

/** What is shorter than this stands in every other word. */
const SHORTEST_SECRET = 4;

function withoutSecrets(text: string, secrets: Set<string>): string {
  return [...secrets]
    .filter((secret) => secret.length >= SHORTEST_SECRET)
    .sort((a, b) => b.length - a.length)
    .reduce((shown, secret) => shown.replaceAll(secret, '***'), text);
}

function inWorkspace<T extends z.output<typeof import('./schema.js').tlsSchema>>(
  tls: T,
  place: (file: string) => string,
): T {
  const files = Object.fromEntries(
    (['ca', 'cert', 'key'] as const).flatMap((what) => (tls[what] ? [[what, place(tls[what])]] : [])),
  );
  return { ...tls, ...files };
}
