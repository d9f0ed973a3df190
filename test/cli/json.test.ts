import { beforeAll, describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createWorkspace, type Workspace } from '../setup/workspace.js';
import { documentOf } from './ran.js';

/** docs/json.md describes what each command prints; here each is run, and held against it. */
const PAGE = readFileSync(fileURLToPath(new URL('../../docs/json.md', import.meta.url)), 'utf8');

/** A name of the page: `{a, b: [c]}`, `[load]`, `file`. */
type Shape = { [name: string]: Shape } | [Shape] | string;

function parseShape(text: string): Shape {
  const tokens = text.match(/[{}[\],:]|[^\s{}[\],:]+/g) ?? [];
  const next = () => tokens.shift()!;
  const shape = (): Shape => {
    const token = next();
    if (token === '[') {
      const inner = shape();
      expect(next()).toBe(']');
      return [inner];
    }
    if (token !== '{') return token;
    const entries: [string, Shape][] = [];
    do {
      const name = next();
      entries.push([name, tokens[0] === ':' ? (next(), shape()) : name]);
      // A shape may be followed by words, as in `{…} or null`.
      while (tokens[0] !== ',' && tokens[0] !== '}') next();
    } while (next() === ',');
    return Object.fromEntries(entries);
  };
  return shape();
}

const documented = new Map(
  [...PAGE.matchAll(/^\| (`[a-z -]+`(?:, `[a-z -]+`)*) +\| (.*) \|$/gm)].flatMap(([, commands, text]) => {
    const shapes = [...text!.matchAll(/`([[{][^`]*)`/g)].map((match) => parseShape(match[1]!));
    return [...commands!.matchAll(/`([^`]+)`/g)].map((match) => [match[1]!, shapes] as const);
  }),
);
const loadExample = JSON.parse(/## A load[\s\S]*?```json\n([\s\S]*?)\n```/.exec(PAGE)![1]!) as Record<
  string,
  unknown
>;
const NAMED: Record<string, Shape> = {
  load: Object.fromEntries(Object.keys(loadExample).map((name) => [name, name])),
  report: documented.get('report')![1]!,
  freshness: (documented.get('status')![0] as { agencies: [Shape] }).agencies[0],
};

function expectShape(value: unknown, shape: Shape, where: string): void {
  if (value === null || value === undefined) return;
  if (Array.isArray(shape)) {
    expect({ where, isList: Array.isArray(value) }).toEqual({ where, isList: true });
    (value as unknown[]).forEach((each, index) => {
      const inner = shape[0];
      expectShape(each, (typeof inner === 'string' && NAMED[inner]) || inner, `${where}[${index}]`);
    });
  } else if (typeof shape === 'object') {
    expect({ where, names: Object.keys(value).sort() }).toEqual({ where, names: Object.keys(shape).sort() });
    for (const [name, inner] of Object.entries(shape))
      expectShape((value as Record<string, unknown>)[name], inner, `${where}.${name}`);
  } else if (!['reasons', 'columns', 'warnings', 'drift', 'numbers', 'do'].includes(shape)) {
    expect({ where, isNested: typeof value === 'object' }).toEqual({ where, isNested: false });
  }
}

/** A channel on which nobody listens. */
const NOBODY = 'http://127.0.0.1:9/hook';

let workspace: Workspace;
beforeAll(async () => {
  workspace = await createWorkspace();
  const header = 'customer_number,customer_rating,customer_rating_limit,customer_status\n';
  const rows = Array.from({ length: 20 }, (_, i) => `${i},10,100,regular\n`).join('');
  workspace.write('inbox/customer_rating_agency_a_20240304.csv', `${header}${rows}`);
  workspace.write('inbox/customer_rating_agency_a_20240305.csv', `${header}${rows}x,1,1,new\n`);
  workspace.write('inbox/customer_rating_agency_b_20240305.csv', `${header}${rows}x,1,1,new\n`);
  workspace.write('inbox/customer_rating_agency_b_20240306.csv', header);
  workspace.write('inbox/orders_20240305.csv', '');
  workspace.write('inbox/orders_20240307.csv', 'order_reference,customer_reference\n1,1\n2,2\n');
  workspace.write('inbox/customers_20240307.csv', 'customer_reference\n1\n');
  workspace.write('inbox/barcodes_20240307.csv', 'barcode,order_reference\nb1,1\nb2,\nb1,\n');
  workspace.write('inbox/readme.txt', 'no delivery');
  workspace.write('schedule.yaml', "jobs:\n  day: { cron: '0 18 * * *', do: report }\n");
});

describe('what --json prints is what docs/json.md says', () => {
  // In this order: what is asked later has something to tell.
  const calls: [string, string[], number][] = [
    ['run', ['run'], 1],
    ['load', ['load', 'inbox/orders_20240305.csv'], 1],
    ['backfill', ['backfill', 'customer_rating', '--from', '2024-03-04', '--to', '2024-03-04'], 0],
    ['report', ['report'], 0],
    ['status', ['status'], 3],
    ['loads', ['loads'], 0],
    ['invalid', ['invalid'], 0],
    ['invalid export', ['invalid', 'export', '--load', '3', 'sheet.csv'], 0],
    ['invalid fix', ['invalid', 'fix', 'sheet.csv'], 3],
    ['invalid dismiss', ['invalid', 'dismiss', '--load', '3', '--why', 'a test'], 0],
    ['messages', ['messages'], 0],
    ['messages publish', ['messages', 'publish'], 0],
    ['messages status', ['messages', 'status'], 0],
    ['messages retry', ['messages', 'retry'], 0],
    ['barcodes', ['barcodes'], 0],
    ['diff', ['diff', '2'], 0],
    ['rollback', ['rollback', '--feed', 'customer_rating', '--agency', 'agency_a'], 0],
    ['verify', ['verify'], 0],
    ['clean', ['clean', '--dry-run'], 0],
    ['clean', ['clean'], 0],
    ['alarms list', ['alarms', 'list'], 0],
    ['alarms list', ['alarms'], 0],
    ['alarms send', ['alarms', 'send'], 1],
    ['alarms test', ['alarms', 'test'], 1],
    ['agencies add', ['agencies', 'add', 'Agency E'], 0],
    ['agencies list', ['agencies', 'list'], 0],
    ['agencies list', ['agencies'], 0],
    ['feeds list', ['feeds'], 0],
    ['feeds check', ['feeds', 'check'], 0],
    [
      'feeds infer',
      [
        'feeds',
        'infer',
        'archive/customer_rating/2024-03-05/customer_rating_agency_a_20240305.csv',
        '--name',
        'ratings',
      ],
      0,
    ],
    ['schedule --list', ['schedule', '--list'], 0],
    ['schedule --check', ['schedule', '--check'], 0],
    ['schedule run', ['schedule', 'run', 'day'], 0],
    ['schedule slots', ['schedule', 'slots'], 0],
    ['db url', ['db', 'url'], 0],
    ['db migrate', ['db', 'migrate'], 0],
    ['check', ['check'], 0],
    ['db roles', ['db', 'roles', '--dry-run'], 0],
    ['init', ['init', 'elsewhere'], 0],
  ];

  test.each(calls)('%s', async (name, args, exit) => {
    const ran = await workspace.tally([...args, '--json'], { env: { TALLY_ALARM_WEBHOOK_URL: NOBODY } });
    expect({ stderr: ran.stderr, code: ran.code }).toMatchObject({ code: exit });
    expectShape(documentOf(ran), documented.get(name)![0]!, name);
  });

  test('and the page describes every command that there is', () => {
    const told = new Set(calls.map(([name]) => name));
    expect([...documented.keys()].filter((name) => !told.has(name))).toEqual(['db start', 'db stop']);
  });
});

test('tally load gives for each file what became of it', async () => {
  const path = workspace.write(
    'elsewhere/ratings.csv',
    'customer_number,customer_rating,customer_rating_limit,customer_status\n1,2,3,new\nx,2,3,new\n',
  );
  const ran = await workspace.tally([
    'load',
    path,
    '--feed',
    'customer_rating',
    '--agency',
    'Agency C',
    '--date',
    '2024-03-05',
    '--json',
  ]);
  expect(ran.code).toBe(0);
  expect(documentOf(ran)).toMatchObject([
    {
      load_id: expect.any(Number),
      feed: 'customer_rating',
      agency: 'agency_c',
      business_date: '2024-03-05',
      file: 'ratings.csv',
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      rows_read: 2,
      rows_loaded: 1,
      rows_invalid: 1,
      outcome: 'loaded',
      seconds: expect.any(Number),
      reasons: [
        {
          column: 'customer_number',
          rule: 'type',
          count: 1,
          first_line: 3,
          message: 'expected an integer, got `x`',
        },
      ],
    },
  ]);
});

test('an error has one shape, whatever went wrong', async () => {
  const calls: [string[], string, number][] = [
    [['report', 'nosuch'], 'unknown_report', 2],
    [['load', '--accept-held', '999'], 'unknown_load', 2],
    [['rollback', '--feed', 'nosuch', '--agency', 'agency_a'], 'unknown_feed', 2],
    [['status', '--workspace', join(workspace.folder, 'output')], 'no_workspace', 2],
    [['load', 'x.csv', '--agency', 'nosuch'], 'unknown_agency', 2],
  ];
  for (const [args, code, exit] of calls) {
    const ran = await workspace.tally([...args, '--json']);
    const document = documentOf<{ error: Record<string, unknown> }>(ran);
    expect(Object.keys(document)).toEqual(['error']);
    expect(document.error).toEqual({ code, message: expect.any(String), hint: expect.any(String) });
    expect(ran).toMatchObject({ code: exit, stderr: '' });
  }
});
