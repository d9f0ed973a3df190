import * as z from 'zod';
import { isTimeZone } from './clock.js';

/** Each job has a connection and a load's memory of its own. */
export const MOST_JOBS = 32;

const seconds = (fallback: number) =>
  z.coerce
    .number('expected a number of seconds')
    .int('expected whole seconds')
    .min(0, 'expected 0 or more seconds')
    .default(fallback);

/** How long something is kept; for ever, where nothing is said. */
const daysKept = () =>
  z.coerce
    .number('expected a number of days')
    .int('expected whole days')
    .min(1, 'expected 1 or more days; without the setting it is kept for ever')
    .max(36_500, 'expected 36500 days at most; without the setting it is kept for ever')
    .optional();

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
export const settings = z.object({
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
  TALLY_KEEP_ARCHIVE_DAYS: daysKept(),
  TALLY_KEEP_INVALID_DAYS: daysKept(),
  TALLY_KEEP_DETAILS_DAYS: daysKept(),
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
  TALLY_HTTP_HOST: z.string().min(1).default('127.0.0.1'),
  TALLY_HTTP_PORT: z.coerce
    .number('expected a port')
    .int('expected a whole number')
    .min(0, 'expected 0 or more')
    .max(65535, 'expected 65535 at most')
    .default(7117),
  TALLY_LINEAGE_URL: httpUrl.optional(),
  TALLY_LINEAGE_KEY: z.string().min(1).optional(),
  TALLY_LINEAGE_NAMESPACE: z.string().min(1).default('tallyhouse'),
});

/** Settings whose values are secrets, or may hold one anywhere: a fault in them is told without what was given. */
export const SECRETS = [
  'TALLY_ALARM_WEBHOOK_URL',
  'TALLY_ALARM_SLACK_URL',
  'TALLY_ALARM_SMTP_URL',
  'TALLY_LINEAGE_URL',
  'TALLY_LINEAGE_KEY',
];
