import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from '@jest/globals';
import { findWorkspace, readConfig, withoutPassword } from '../src/config.js';
import type { TallyError } from '../src/errors.js';

const workspace = mkdtempSync(join(tmpdir(), 'tally-config-'));
mkdirSync(join(workspace, 'feeds', 'deep'), { recursive: true });
beforeEach(() => rmSync(join(workspace, '.env'), { force: true }));
afterAll(() => rmSync(workspace, { recursive: true }));

const fromFile = (text: string) => writeFileSync(join(workspace, '.env'), text);

function fault(work: () => unknown): { code?: string; message?: string; hint?: string | undefined } {
  try {
    work();
    return {};
  } catch (error) {
    const { code, message, hint } = error as TallyError;
    return { code, message, hint };
  }
}
const faults = (environment: Record<string, string>) =>
  (fault(() => readConfig(workspace, environment)).message ?? '').split('\n');

describe('settings', () => {
  test('have defaults', () => {
    expect(readConfig(workspace, {})).toEqual({
      workspace,
      databaseUrl: undefined,
      timeZone: 'UTC',
      inbox: join(workspace, 'inbox'),
      stableSeconds: 0,
      output: join(workspace, 'output'),
      archive: join(workspace, 'archive'),
      archiveDeliveries: true,
      archiveCompress: true,
      s3: { done: 'move', pathStyle: false },
      keepVersions: 1,
      keepDays: { archive: undefined, invalid: undefined, details: undefined },
      lockWaitSeconds: 60,
      publishWaitSeconds: 300,
      stopWaitSeconds: 20,
      messagesSeconds: 10,
      jobs: 1,
      maxRowBytes: 1024 * 1024,
      maxUnpackedBytes: 64 * 1024 ** 3,
      maxUnpackRatio: 200,
      logLevel: 'info',
      logFormat: 'json',
      logTo: 'file',
      variable: expect.any(Function),
      alarms: { webhookUrl: undefined, slackUrl: undefined, mail: undefined, invalidShareRise: 5 },
      http: { host: '127.0.0.1', port: 7117 },
      lineage: { url: undefined, key: undefined, namespace: 'tallyhouse' },
    });
  });

  test('of alarms take addresses and URLs, and a fault in a URL does not show it', () => {
    const mail = {
      TALLY_ALARM_SMTP_URL: 'smtp://me:pw@mail.example.com:587',
      TALLY_ALARM_MAIL_FROM: 'tally@example.com',
      TALLY_ALARM_MAIL_TO: 'a@example.com, b@example.com',
    };
    expect(readConfig(workspace, mail).alarms.mail).toEqual({
      smtpUrl: mail.TALLY_ALARM_SMTP_URL,
      from: 'tally@example.com',
      to: ['a@example.com', 'b@example.com'],
    });
    expect(
      faults({
        TALLY_ALARM_SLACK_URL: 'hooks.example.com/T0/hush',
        TALLY_ALARM_SMTP_URL: 'mail.example.com:hush',
        TALLY_ALARM_MAIL_TO: 'nobody',
      }),
    ).toEqual([
      'The configuration has 4 faults:',
      '  TALLY_ALARM_SLACK_URL: expected https://host/path',
      '  TALLY_ALARM_SMTP_URL: expected smtp://user:password@host:port, or smtps://',
      '  TALLY_ALARM_MAIL_TO: expected an address such as name@example.com, got `nobody`',
      '  TALLY_ALARM_MAIL_FROM: expected a value, because other settings of mail are there',
    ]);
  });

  test('come from .env, and before that from the environment', () => {
    fromFile(
      '# where\nTALLY_TIME_ZONE=Europe/Zurich\nTALLY_KEEP_VERSIONS="3"\nTALLY_ARCHIVE_DELIVERIES=off\n',
    );
    expect(readConfig(workspace, { TALLY_KEEP_VERSIONS: '5', PATH: '/bin', HOME: '/root' })).toMatchObject({
      timeZone: 'Europe/Zurich',
      keepVersions: 5,
      archiveDeliveries: false,
    });
  });

  test('that are empty in the environment are not set there', () => {
    fromFile('TALLY_TIME_ZONE=Europe/Zurich\nTALLY_INBOX=\n');
    expect(readConfig(workspace, { TALLY_TIME_ZONE: '', TALLY_OUTPUT: '', DATABASE_URL: '' })).toMatchObject({
      timeZone: 'Europe/Zurich',
      inbox: join(workspace, 'inbox'),
      stableSeconds: 0,
      output: join(workspace, 'output'),
      databaseUrl: undefined,
    });
  });

  test('that are folders are relative to the workspace', () => {
    const config = readConfig(workspace, {
      TALLY_INBOX: '../in',
      TALLY_OUTPUT: '/srv/out',
      TALLY_ARCHIVE: 'a/b',
    });
    expect(config).toMatchObject({
      inbox: join(workspace, '..', 'in'),
      output: '/srv/out',
      archive: join(workspace, 'a', 'b'),
    });
  });
});

describe('faults', () => {
  test('are all listed, with what was expected and where settings come from', () => {
    fromFile('TALLY_MAX_ROW_BYTES=1kB\n');
    const environment = {
      DATABASE_URL: 'mysql://root@db/x',
      TALLY_TIME_ZONE: 'Mars',
      TALLY_KEEP_VERSIONS: '1.5',
      TALLY_ARCHIVE_DELIVERIES: 'yes',
      TALLY_LOCK_WAIT_SECONDS: '-1',
      TALLY_LOG_LEVEL: 'loud',
      TALLY_TIMEZONE: 'UTC',
      TALLY_COLOUR: 'red',
      TALLY_DATABASE_URL: 'x',
    };
    expect(fault(() => readConfig(workspace, environment))).toEqual({
      code: 'config_invalid',
      message: [
        'The configuration has 10 faults:',
        '  TALLY_TIMEZONE: is not a setting; did you mean TALLY_TIME_ZONE?',
        '  TALLY_COLOUR: is not a setting',
        '  TALLY_DATABASE_URL: is not a setting; did you mean DATABASE_URL?',
        '  DATABASE_URL: expected postgresql://user:password@host:port/database, got `mysql://root@db/x`',
        '  TALLY_TIME_ZONE: expected a time zone such as UTC or Europe/Zurich, got `Mars`',
        '  TALLY_ARCHIVE_DELIVERIES: expected on or off, got `yes`',
        '  TALLY_KEEP_VERSIONS: expected a whole number, got `1.5`',
        '  TALLY_LOCK_WAIT_SECONDS: expected 0 or more seconds, got `-1`',
        '  TALLY_MAX_ROW_BYTES: expected a number of bytes, got `1kB`',
        '  TALLY_LOG_LEVEL: expected error, warn, info, debug or off, got `loud`',
      ].join('\n'),
      hint: `Settings come from the environment and from ${join(workspace, '.env')}; .env.example explains each.`,
    });
  });

  test.each([
    ['TALLY_KEEP_VERSIONS', '101', 'expected 100 or fewer'],
    ['TALLY_KEEP_VERSIONS', '-1', 'expected 0 or more'],
    ['TALLY_KEEP_ARCHIVE_DAYS', '0', 'expected 1 or more days; without the setting it is kept for ever'],
    ['TALLY_KEEP_INVALID_DAYS', '1.5', 'expected whole days'],
    ['TALLY_KEEP_DETAILS_DAYS', 'never', 'expected a number of days'],
    ['TALLY_KEEP_VERSIONS', 'one', 'expected a number of versions'],
    ['TALLY_MAX_ROW_BYTES', '1023', 'expected 1024 or more'],
    ['TALLY_MAX_ROW_BYTES', '67108865', 'expected 67108864 (64 MiB) or fewer'],
    ['TALLY_PUBLISH_WAIT_SECONDS', '0.5', 'expected whole seconds'],
    ['DATABASE_URL', 'localhost', 'expected postgresql://user:password@host:port/database'],
  ])('%s=%s', (name, value, expected) => {
    expect(faults({ [name]: value })).toEqual([
      'The configuration has a fault:',
      `  ${name}: ${expected}, got \`${value}\``,
    ]);
  });

  test('borders are inside', () => {
    const environment = {
      TALLY_KEEP_VERSIONS: '100',
      TALLY_MAX_ROW_BYTES: '1024',
      TALLY_LOCK_WAIT_SECONDS: '0',
    };
    expect(readConfig(workspace, environment)).toMatchObject({
      keepVersions: 100,
      maxRowBytes: 1024,
      lockWaitSeconds: 0,
    });
    expect(
      readConfig(workspace, { TALLY_MAX_ROW_BYTES: '67108864', TALLY_KEEP_VERSIONS: '0' }),
    ).toMatchObject({
      maxRowBytes: 67_108_864,
      keepVersions: 0,
    });
  });

  test('TALLY_WORKSPACE is no unknown name', () => {
    expect(readConfig(workspace, { TALLY_WORKSPACE: workspace }).workspace).toBe(workspace);
  });
});

describe('a password', () => {
  const secrets = [
    'mysql://tally:s3cret@db/x',
    'postgresql:/tally:s3cret@db/x',
    'tally:s3cret@db:5432/x',
    'postgresql://tally:s3cret',
    'postgres//tally:s3cret@db',
    'postgresql://tally:s3@cr:et/s3cret@db:port/x',
    'postgresq://db/x?user=tally&password=s3cret',
    'host=db user=tally password=s3cret',
  ];

  test.each(secrets)('is in no message: %s', (url) => {
    const text = faults({ DATABASE_URL: url }).join('\n');
    expect(text).toContain('expected postgresql://user:password@host:port/database');
    expect(text).not.toContain('s3cret');
  });

  test.each([
    ['postgresql://tally:secret@db:5432/x', 'postgresql://tally:***@db:5432/x'],
    ['postgresql://tally:p@ss:w/rd@db/x', 'postgresql://tally:***@db/x'],
    ['postgresql://tally@db/x', 'postgresql://tally@db/x'],
    ['postgresql://localhost:5432/x', 'postgresql://localhost:5432/x'],
    ['postgresql://[::1]:5432/x', 'postgresql://[::1]:5432/x'],
    ['postgresql://db/x?password=secret&user=a', 'postgresql://db/x?password=***&user=a'],
    ['Europe/Zurich', 'Europe/Zurich'],
  ])('%s is shown as %s', (url, shown) => {
    expect(withoutPassword(url)).toBe(shown);
    expect(withoutPassword(shown)).toBe(shown);
  });
});

describe('the workspace', () => {
  test('is the folder that was named, relative to the current one', () => {
    expect(findWorkspace(workspace, '/')).toBe(workspace);
    expect(findWorkspace('.', workspace)).toBe(workspace);
    expect(fault(() => findWorkspace('feeds', workspace))).toEqual({
      code: 'no_workspace',
      message: `${join(workspace, 'feeds')} is not a workspace: it has no folder feeds/.`,
      hint: 'Make one with `tally init feeds`.',
    });
  });

  test('is else the nearest one at or above the current folder', () => {
    expect(findWorkspace(undefined, workspace)).toBe(workspace);
    expect(findWorkspace(undefined, join(workspace, 'feeds', 'deep'))).toBe(workspace);
    expect(fault(() => findWorkspace(undefined, '/'))).toMatchObject({
      code: 'no_workspace',
      message: 'Neither / nor a folder above it holds feeds/.',
    });
  });
});
