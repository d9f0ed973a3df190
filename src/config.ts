import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import dotenv from 'dotenv';
import * as z from 'zod';
import { closest } from './closest.js';
import { TallyError } from './errors.js';
import { SECRETS, settings } from './settings.js';

// A command reads each of its files once, and to compile a schema takes longer than that.
z.config({ jitless: true });

/** Set from outside the settings: where the workspace is, and what ordinary tools set. */
const OTHER_NAMES = ['TALLY_WORKSPACE'];

export function settingNames(): string[] {
  return [...Object.keys(settings.shape), ...OTHER_NAMES];
}

export interface S3Settings {
  /** What becomes of an object that was loaded. */
  done: 'move' | 'tag';
  /** That of AWS, unless it is said. */
  endpoint: string | undefined;
  pathStyle: boolean;
  region: string | undefined;
  /** Else whatever AWS's own tools would use: a profile, the role of the machine. */
  credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string } | undefined;
}

export interface Config {
  workspace: string;
  databaseUrl: string | undefined;
  timeZone: string;
  /** The path of a folder, or s3://bucket/prefix; so is `archive`. */
  inbox: string;
  stableSeconds: number;
  output: string;
  archive: string;
  archiveDeliveries: boolean;
  archiveCompress: boolean;
  s3: S3Settings;
  keepVersions: number;
  /** For how many days, counted from when it was used last; undefined: for ever. */
  keepDays: { archive: number | undefined; invalid: number | undefined; details: number | undefined };
  lockWaitSeconds: number;
  publishWaitSeconds: number;
  stopWaitSeconds: number;
  jobs: number;
  maxRowBytes: number;
  maxUnpackedBytes: number;
  maxUnpackRatio: number;
  /** Who corrects rows, if not the user of the operating system. */
  user: string | undefined;
  messagesSeconds: number;
  logLevel: 'error' | 'warn' | 'info' | 'debug' | 'off';
  logFormat: 'json' | 'pretty';
  logTo: 'file' | 'stderr';
  alarms: AlarmSettings;
  /** Any variable of the environment or of `.env`: what other files call ${NAME}, so that no secret stands in them. */
  variable: (name: string) => string | undefined;
  /** Where `tally start` answers. */
  http: { host: string; port: number };
  lineage: { url: string | undefined; key: string | undefined; namespace: string };
}

/** Over which channels people are told, and from when on of the invalid share. */
export interface AlarmSettings {
  webhookUrl: string | undefined;
  slackUrl: string | undefined;
  mail: { smtpUrl: string; from: string; to: string[] } | undefined;
  /** In percentage points. */
  invalidShareRise: number;
}

type Environment = Record<string, string | undefined>;

/** Read once, at the start of a command; all faults are listed together. */
export function readConfig(workspace: string, environment: Environment): Config {
  const file = join(workspace, '.env');
  const text = readSettings(file);
  const fromFile: Environment = dotenv.parse(text);
  const given = { ...whatIsSet(fromFile), ...whatIsSet(environment) };
  const parsed = settings.safeParse(given);
  const faults = [
    ...linesWithoutValue(text),
    ...unknownNames(given),
    ...(parsed.success ? [] : parsed.error.issues.map(fault(given))),
    ...halfMail(given),
  ];
  if (faults.length > 0 || !parsed.success) {
    throw new TallyError(
      'config_invalid',
      `The configuration has ${count(faults.length)}:\n${faults.join('\n')}`,
      {
        hint: `Settings come from the environment and from ${file}; .env.example explains each.`,
      },
    );
  }
  const value = parsed.data;
  return {
    workspace,
    databaseUrl: value.DATABASE_URL,
    timeZone: value.TALLY_TIME_ZONE,
    inbox: placeOf(workspace, value.TALLY_INBOX),
    stableSeconds: value.TALLY_STABLE_SECONDS,
    output: resolve(workspace, value.TALLY_OUTPUT),
    archive: placeOf(workspace, value.TALLY_ARCHIVE),
    archiveDeliveries: value.TALLY_ARCHIVE_DELIVERIES,
    archiveCompress: value.TALLY_ARCHIVE_COMPRESS,
    s3: s3Of(value),
    keepVersions: value.TALLY_KEEP_VERSIONS,
    keepDays: {
      archive: value.TALLY_KEEP_ARCHIVE_DAYS,
      invalid: value.TALLY_KEEP_INVALID_DAYS,
      details: value.TALLY_KEEP_DETAILS_DAYS,
    },
    lockWaitSeconds: value.TALLY_LOCK_WAIT_SECONDS,
    publishWaitSeconds: value.TALLY_PUBLISH_WAIT_SECONDS,
    stopWaitSeconds: value.TALLY_STOP_WAIT_SECONDS,
    jobs: value.TALLY_JOBS,
    maxRowBytes: value.TALLY_MAX_ROW_BYTES,
    maxUnpackedBytes: value.TALLY_MAX_UNPACKED_BYTES,
    maxUnpackRatio: value.TALLY_MAX_UNPACK_RATIO,
    user: value.TALLY_USER,
    messagesSeconds: value.TALLY_MESSAGES_SECONDS,
    logLevel: value.TALLY_LOG_LEVEL,
    logFormat: value.TALLY_LOG_FORMAT,
    logTo: value.TALLY_LOG_TO,
    alarms: {
      webhookUrl: value.TALLY_ALARM_WEBHOOK_URL,
      slackUrl: value.TALLY_ALARM_SLACK_URL,
      mail:
        value.TALLY_ALARM_SMTP_URL === undefined
          ? undefined
          : {
              smtpUrl: value.TALLY_ALARM_SMTP_URL,
              from: value.TALLY_ALARM_MAIL_FROM!,
              to: value.TALLY_ALARM_MAIL_TO!,
            },
      invalidShareRise: value.TALLY_ALARM_INVALID_SHARE_RISE,
    },
    variable: (name) => given[name],
    http: { host: value.TALLY_HTTP_HOST, port: value.TALLY_HTTP_PORT },
    lineage: {
      url: value.TALLY_LINEAGE_URL,
      key: value.TALLY_LINEAGE_KEY,
      namespace: value.TALLY_LINEAGE_NAMESPACE,
    },
  };
}

/** A server without addresses tells nobody, and addresses without a server do not either. */
function halfMail(given: Environment): string[] {
  const names = ['TALLY_ALARM_SMTP_URL', 'TALLY_ALARM_MAIL_FROM', 'TALLY_ALARM_MAIL_TO'];
  const missing = names.filter((name) => !given[name]);
  if (missing.length === 0 || missing.length === names.length) return [];
  return missing.map((name) => `  ${name}: expected a value, because other settings of mail are there`);
}

function placeOf(workspace: string, text: string): string {
  return text.startsWith('s3:') ? text.replace(/\/+$/, '') : resolve(workspace, text);
}

function s3Of(value: z.output<typeof settings>): S3Settings {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = value;
  const sessionToken = value.AWS_SESSION_TOKEN;
  return {
    done: value.TALLY_S3_DONE,
    endpoint: value.TALLY_S3_ENDPOINT,
    pathStyle: value.TALLY_S3_PATH_STYLE,
    region: value.AWS_REGION,
    credentials:
      accessKeyId && secretAccessKey
        ? { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) }
        : undefined,
  };
}

/** An empty variable is how shells and compose files say "not set". */
function whatIsSet(environment: Environment): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) => (value ? [[name, value]] : [])),
  );
}

/** The folder that was named, or the nearest one at or above the current folder that holds `feeds/`. */
export function findWorkspace(named: string | undefined, currentFolder: string): string {
  if (named) {
    const folder = resolve(currentFolder, named);
    if (existsSync(join(folder, 'feeds'))) return folder;
    throw new TallyError('no_workspace', `${folder} is not a workspace: it has no folder feeds/.`, {
      hint: `Make one with \`tally init ${named}\`.`,
    });
  }
  for (let folder = currentFolder; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'feeds'))) return folder;
    if (dirname(folder) === folder) break;
  }
  throw new TallyError('no_workspace', `Neither ${currentFolder} nor a folder above it holds feeds/.`, {
    hint: 'Go to your workspace, name it with --workspace DIR, or make one with `tally init DIR`.',
  });
}

function readSettings(file: string): string {
  try {
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  } catch (error) {
    throw new TallyError('config_invalid', `${file} cannot be read: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** dotenv passes over what it does not understand; a setting that is meant and not made is a fault. */
function linesWithoutValue(text: string): string[] {
  return text.split('\n').flatMap((line, index) => {
    const name = /^\s*(?:export\s+)?(TALLY_\w+|DATABASE_URL)\b\s*(?!=|:\s)(?:\S|$)/.exec(line)?.[1];
    return name ? [`  ${name}: expected ${name}=value on line ${index + 1} of .env`] : [];
  });
}

function unknownNames(given: Environment): string[] {
  const known = [...Object.keys(settings.shape), ...OTHER_NAMES];
  const bare = (name: string) => name.replace(/^TALLY_/, '');
  return Object.keys(given)
    .filter((name) => name.startsWith('TALLY_') && !known.includes(name))
    .map((name) => {
      const near = closest(bare(name), known.map(bare));
      const meant = known.find((each) => bare(each) === near);
      return `  ${name}: is not a setting${meant ? `; did you mean ${meant}?` : ''}`;
    });
}

function fault(given: Environment) {
  return (issue: z.core.$ZodIssue): string => {
    const name = String(issue.path[0]);
    if (SECRETS.includes(name)) return `  ${name}: ${issue.message}`;
    return `  ${name}: ${issue.message}, got \`${withoutPassword(given[name] ?? '')}\``;
  };
}

/** A URL as it may be shown: what may be a password is not, however the rest is written. */
export function withoutPassword(url: string): string {
  const shown = url.replace(/(password=)[^&#]*/gi, '$1***');
  return shown.includes('@')
    ? shown.replace(/^(.*?):(?!\/\/).*@/s, '$1:***@')
    : shown.replace(/^([\w+.-]+:\/+[^:/[]*):(?!\d*(?:[/?#]|$)).*$/s, '$1:***');
}

function count(faults: number): string {
  return faults === 1 ? 'a fault' : `${faults} faults`;
}
