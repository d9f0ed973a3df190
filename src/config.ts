import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import dotenv from 'dotenv';
import { z } from 'zod';
import { isTimeZone } from './clock.js';
import { closest } from './closest.js';
import { TallyError } from './errors.js';

/** Each job has a connection and a load's memory of its own. */
export const MOST_JOBS = 32;

const seconds = (fallback: number) =>
  z.coerce
    .number('expected a number of seconds')
    .int('expected whole seconds')
    .min(0, 'expected 0 or more seconds')
    .default(fallback);

const flag = (fallback: 'on' | 'off') =>
  z
    .enum(['on', 'off'], 'expected on or off')
    .default(fallback)
    .transform((value) => value === 'on');

const httpUrl = z.string().refine((url) => /^https?:\/\/[^/]/.test(url) && URL.canParse(url), {
  message: 'expected https://host/path',
});

const mailAddress = z
  .string()
  .regex(/^[^\s@<>,]+@[^\s@<>,]+$/, 'expected an address such as name@example.com');

/** Where files lie: a folder, or s3://bucket and what the names of its objects begin with. */
const place = (fallback: string) =>
  z
    .string()
    .min(1)
    .refine((text) => !text.startsWith('s3:') || /^s3:\/\/[a-z0-9][a-z0-9.-]+(\/|$)/.test(text), {
      message: 'expected a folder, or s3://bucket/prefix',
    })
    .default(fallback);

/** Every setting, with its name in the environment and in `.env`. `.env.example` says what each is for. */
const settings = z.object({
  DATABASE_URL: z
    .string()
    .refine((url) => /^postgres(ql)?:\/\//.test(url) && URL.canParse(url), {
      message: 'expected postgresql://user:password@host:port/database',
    })
    .optional(),
  TALLY_TIME_ZONE: z
    .string()
    .refine(isTimeZone, { message: 'expected a time zone such as UTC or Europe/Zurich' })
    .default('UTC'),
  TALLY_INBOX: place('inbox'),
  TALLY_STABLE_SECONDS: seconds(0),
  TALLY_OUTPUT: z.string().min(1).default('output'),
  TALLY_ARCHIVE: place('archive'),
  TALLY_ARCHIVE_DELIVERIES: flag('on'),
  TALLY_ARCHIVE_COMPRESS: flag('on'),
  TALLY_S3_DONE: z.enum(['move', 'tag'], 'expected move or tag').default('move'),
  TALLY_S3_ENDPOINT: httpUrl.optional(),
  TALLY_S3_PATH_STYLE: flag('off'),
  AWS_REGION: z.string().optional(),
  AWS_ACCESS_KEY_ID: z.string().optional(),
  AWS_SECRET_ACCESS_KEY: z.string().optional(),
  AWS_SESSION_TOKEN: z.string().optional(),
  TALLY_KEEP_VERSIONS: z.coerce
    .number('expected a number of versions')
    .int('expected a whole number')
    .min(0, 'expected 0 or more')
    .max(100, 'expected 100 or fewer')
    .default(1),
  TALLY_LOCK_WAIT_SECONDS: seconds(60),
  TALLY_PUBLISH_WAIT_SECONDS: seconds(300),
  TALLY_STOP_WAIT_SECONDS: seconds(20),
  TALLY_MESSAGES_SECONDS: seconds(10),
  TALLY_JOBS: z.coerce
    .number('expected a number of jobs')
    .int('expected a whole number')
    .min(1, 'expected 1 or more')
    .max(MOST_JOBS, `expected ${MOST_JOBS} or fewer`)
    .default(1),
  TALLY_MAX_ROW_BYTES: z.coerce
    .number('expected a number of bytes')
    .int('expected whole bytes')
    .min(1024, 'expected 1024 or more')
    .max(64 * 1024 * 1024, 'expected 67108864 (64 MiB) or fewer')
    .default(1024 * 1024),
  TALLY_MAX_UNPACKED_BYTES: z.coerce
    .number('expected a number of bytes')
    .int('expected whole bytes')
    .min(1, 'expected 1 or more')
    .default(64 * 1024 ** 3),
  TALLY_MAX_UNPACK_RATIO: z.coerce.number('expected a number').min(1, 'expected 1 or more').default(200),
  TALLY_USER: z.string().min(1).optional(),
  TALLY_LOG_LEVEL: z
    .enum(['error', 'warn', 'info', 'debug', 'off'], 'expected error, warn, info, debug or off')
    .default('info'),
  TALLY_LOG_FORMAT: z.enum(['json', 'pretty'], 'expected json or pretty').default('json'),
  TALLY_LOG_TO: z.enum(['file', 'stderr'], 'expected file or stderr').default('file'),
  TALLY_ALARM_WEBHOOK_URL: httpUrl.optional(),
  TALLY_ALARM_SLACK_URL: httpUrl.optional(),
  TALLY_ALARM_SMTP_URL: z
    .string()
    .refine((url) => /^smtps?:\/\/[^/]/.test(url) && URL.canParse(url), {
      message: 'expected smtp://user:password@host:port, or smtps://',
    })
    .optional(),
  TALLY_ALARM_MAIL_FROM: mailAddress.optional(),
  TALLY_ALARM_MAIL_TO: z
    .string()
    .transform((text) => text.split(',').map((each) => each.trim()))
    .pipe(z.array(mailAddress))
    .optional(),
  TALLY_ALARM_INVALID_SHARE_RISE: z.coerce
    .number('expected a number of percentage points')
    .min(0, 'expected 0 or more')
    .max(100, 'expected 100 at most')
    .default(5),
});

/** Settings whose values are secrets, or may hold one anywhere: a fault in them is told without what was given. */
const SECRETS = ['TALLY_ALARM_WEBHOOK_URL', 'TALLY_ALARM_SLACK_URL', 'TALLY_ALARM_SMTP_URL'];

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
