import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseDocument, YAMLMap } from 'yaml';
import { isTimeZone } from '../clock.js';
import { closest } from '../closest.js';
import { TallyError } from '../errors.js';
import { agencyKey } from './agencyKey.js';
import { checkedPattern } from './feed.js';
import type { Pattern } from './pattern.js';
import { agenciesSchema } from './schema.js';
import { faultText, readText, readYaml, type Fault } from './yaml.js';

export { agencyKey };

export interface Agency {
  /** agency_a: its value in the column `agency`, and the end of its tables' names. */
  key: string;
  name: string;
  timeZone: string | undefined;
  /** The keys of the words that file names may use for it. */
  aliases: string[];
  /** For a feed, patterns of its own file names. */
  files: Record<string, Pattern[]>;
}

export interface Agencies {
  list: Agency[];
  /** The agency of files whose name names none. */
  default: string | undefined;
}

const FILE = 'agencies.yaml';

export function findAgency(agencies: Agencies, token: string): Agency | undefined {
  const key = agencyKey(token);
  return agencies.list.find((agency) => agency.key === key || agency.aliases.includes(key));
}

export function unknownAgency(agencies: Agencies, token: string): TallyError {
  const keys = agencies.list.map((agency) => agency.key);
  const near = closest(agencyKey(token), keys);
  return new TallyError(
    'unknown_agency',
    `The agency \`${token}\` (${agencyKey(token)}) is not declared in ${FILE}${near ? `; did you mean ${near}?` : '.'}`,
    { hint: `If it is new: tally agencies add "${token}"` },
  );
}

export function readAgencies(workspace: string): { agencies: Agencies; faults: Fault[] } {
  const path = join(workspace, FILE);
  const none = { list: [], default: undefined };
  if (!existsSync(path)) return { agencies: none, faults: [] };
  const found = readText(FILE, path);
  const read = 'faults' in found ? found : readYaml(FILE, found.text, agenciesSchema);
  if ('faults' in read) return { agencies: none, faults: read.faults };
  const list = Object.entries(read.value.agencies).map(([key, agency]) => ({
    key,
    name: agency.name,
    timeZone: agency.time_zone,
    aliases: agency.aliases.map(agencyKey),
    files: Object.fromEntries(
      Object.entries(agency.files).map(([feed, patterns]) => [feed, patterns.map(checkedPattern)]),
    ),
  }));
  return { agencies: { list, default: read.value.default }, faults: [] };
}

export function loadAgencies(workspace: string): Agencies {
  const { agencies, faults } = readAgencies(workspace);
  if (faults.length > 0) {
    throw new TallyError(
      'agencies_invalid',
      `The agencies cannot be used:\n${faults.map(faultText).join('\n')}`,
    );
  }
  return agencies;
}

/** Writes a new agency into agencies.yaml; what people wrote there, comments too, stays. */
export function addAgency(workspace: string, name: string, details: { timeZone?: string } = {}): Agency {
  const key = agencyKey(name);
  const fits = agenciesSchema.shape.agencies.safeParse({ [key]: { name } });
  if (!fits.success) {
    const [issue] = fits.error.issues;
    const { message } = issue!.code === 'invalid_key' ? issue!.issues[0]! : issue!;
    throw new TallyError('usage', `\`${name}\` gives the key \`${key}\`: ${message}.`);
  }
  if (details.timeZone !== undefined && !isTimeZone(details.timeZone)) {
    throw new TallyError('usage', `expected a time zone such as Europe/Zurich, got \`${details.timeZone}\``);
  }
  const known = findAgency(loadAgencies(workspace), name);
  if (known) throw new TallyError('usage', `${FILE} declares ${known.key} (${known.name}) already.`);

  const path = join(workspace, FILE);
  const document = parseDocument(existsSync(path) ? readFileSync(path, 'utf8') : '');
  if (document.has('agencies') && !document.get('agencies')) document.set('agencies', new YAMLMap());
  document.setIn(
    ['agencies', key],
    document.createNode({ name, ...(details.timeZone ? { time_zone: details.timeZone } : {}) }),
  );
  writeFileSync(`${path}.tmp`, document.toString());
  renameSync(`${path}.tmp`, path);
  return { key, name, timeZone: details.timeZone, aliases: [], files: {} };
}
