import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { inSession } from '../../../src/run/session.js';
import { rollBackAgency } from '../../../src/run/run.js';
import type { Workspace } from '../../setup/workspace.js';
import { createTolerant, dismiss, exported, fix, verified } from './mending.js';

/** After whatever was done, every place that counts rows must tell the same. */

const HEADER = 'customer_number,customer_rating,customer_rating_limit,customer_status\n';

interface Row {
  number: number;
  isValid: boolean;
}

type Step =
  | { do: 'load'; later: number; rows: Row[] }
  | { do: 'fix'; which: boolean[]; well: boolean[] }
  | { do: 'dismiss'; which: boolean[] }
  | { do: 'rollback' };

const row = fc.record({ number: fc.integer({ min: 1, max: 99 }), isValid: fc.boolean() });
const some = fc.array(fc.boolean(), { minLength: 3, maxLength: 3 });
const load = fc.record({
  do: fc.constant('load' as const),
  later: fc.integer({ min: -1, max: 1 }),
  // One valid row at least, so that no guard holds the load.
  rows: fc.array(row, { maxLength: 4 }).map((rows) => [{ number: 7, isValid: true }, ...rows]),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  load,
  fc.record({ do: fc.constant('fix' as const), which: some, well: some }),
  fc.record({ do: fc.constant('fix' as const), which: some, well: some }),
  fc.record({ do: fc.constant('dismiss' as const), which: some }),
  fc.constant({ do: 'rollback' as const }),
);

let day = new Date('2026-06-01T00:00:00Z');

/** The load that readers see. */
async function liveLoad(workspace: Workspace): Promise<string | undefined> {
  const [found] = await workspace.query("select load_id from tally.versions where state = 'live'");
  return found?.load_id;
}

async function take(workspace: Workspace, each: Step): Promise<void> {
  if (each.do === 'load') {
    day = new Date(day.getTime() + each.later * 86_400_000);
    const rows = each.rows.map(
      ({ number, isValid }) => `${isValid ? number : 'x'},${number},100,high-value\n`,
    );
    workspace.write('files/customer_rating_agency_a.csv', HEADER + rows.join(''));
    await workspace.load('files/customer_rating_agency_a.csv', { date: day.toISOString().slice(0, 10) });
    return;
  }
  const loadId = await liveLoad(workspace);
  if (loadId === undefined) return;
  if (each.do === 'rollback') {
    await inSession(
      { config: workspace.config(), clock: { now: () => workspace.now }, command: 'rollback' },
      async (session) => ({
        result: await rollBackAgency(session, new AbortController().signal, 'customer_rating', 'agency_a'),
        outcome: 'done',
      }),
    ).catch((error: { code?: string }) => expect(error.code).toBe('no_previous_version'));
    return;
  }
  const open = (await exported(workspace, loadId)).filter((_, i) => each.which[i % 3]);
  if (each.do === 'dismiss') {
    if (open.length > 0) await dismiss(workspace, { loadId, lines: open.map(({ line }) => Number(line)) });
    return;
  }
  const corrected = open.map((line, i) =>
    each.well[i % 3] ? { ...line, customer_number: line.customer_rating! } : line,
  );
  if (corrected.length > 0) await fix(workspace, corrected);
}

async function agree(workspace: Workspace): Promise<void> {
  const [live] = await workspace.query<Record<string, number | string>>(
    `select load_id, rows_read::int as read, (rows_loaded + rows_fixed)::int as valid, (rows_invalid - rows_fixed)::int as invalid,
       (rows_invalid - rows_fixed - rows_dismissed)::int as open, business_date::text as day
     from tally.loads join tally.versions using (load_id) where state = 'live'`,
  );
  if (!live) return;
  const [table] = await workspace.query(
    'select count(*)::int as n, sum(customer_rating)::int as sum from customer_rating',
  );
  expect(table!.n).toBe(live.valid);
  const [states] = await workspace.query(
    `select count(*) filter (where status <> 'fixed')::int as invalid, count(*) filter (where status = 'open')::int as open
     from file_invalid_rows where load_id = $1`,
    [live.load_id],
  );
  expect(states).toEqual({ invalid: live.invalid, open: live.open });
  const counts = `count_customer_number::int as n, sum_customer_rating::int as sum, high_value_count::int as high,
    invalid_customer_number_count::int as invalid, load_id`;
  const expected = {
    n: live.valid,
    sum: table!.sum,
    high: live.valid,
    invalid: live.invalid,
    load_id: live.load_id,
  };
  expect(await workspace.query(`select ${counts} from rating_aggregate`)).toEqual([expected]);
  expect(
    await workspace.query(`select ${counts} from rating_history where business_date = $1`, [live.day]),
  ).toEqual([expected]);
  // The reports that were written say what is so now.
  const name = `Customer_Rating_Aggregate_Report_${String(live.day).replaceAll('-', '')}.csv`;
  if (workspace.list('output').includes(name))
    expect(workspace.read(`output/${name}`).split('\n')[1]).toMatch(
      new RegExp(`^agency_a,${live.valid},${table!.sum},${live.valid},${live.invalid},`),
    );
  expect(await verified(workspace)).toEqual([]);
}

test('whatever is loaded, fixed, dismissed and rolled back: counts, table, history and report agree', async () => {
  await fc.assert(
    fc.asyncProperty(load, fc.array(step, { minLength: 3, maxLength: 6 }), async (first, steps) => {
      const workspace = await createTolerant();
      day = new Date('2026-06-01T00:00:00Z');
      for (const each of [first, ...steps]) {
        await take(workspace, each);
        await agree(workspace);
      }
    }),
    { numRuns: 5, endOnFailure: true },
  );
}, 180_000);
