import { expect, test } from '@jest/globals';
import { createWorkspace, type Workspace } from '../setup/workspace.js';
import { killWaitingFor, untilWaiting, whileWaitingFor } from './waiting.js';

const HEADER = 'customer_number,customer_rating,customer_rating_limit,customer_status\n';
const DAYS = ['20260801', '20260802', '20260803', '20260804', '20260805'];
const fileOf = (day: string) => `customer_rating_agency_a_${day}.csv`;
const textOf = (day: string) => `${HEADER}${day},10,100,new\nx,1,1,new\n`;
const SETTINGS = ['ARCHIVE', 'INVALID', 'DETAILS'].map((name) => `TALLY_KEEP_${name}_DAYS=30\n`).join('');
/** What lets the command go until its files are removed and it wants to say so. */
const BEFORE_THE_LEDGER = 'lock table tally.deliveries in share mode';

/** Five days, the last two of which are live and the version before it. */
async function oldDays(): Promise<Workspace> {
  const workspace = await createWorkspace();
  workspace.now = new Date('2026-08-06T12:00:00Z');
  for (const day of DAYS) workspace.write(`inbox/${fileOf(day)}`, textOf(day));
  await workspace.run();
  await workspace.query(
    `insert into tally.slots (job, slot, not_before, state, finished_at, watched)
     select 'night', at, at, 'done', at, true from generate_series('2026-08-01'::timestamptz, '2026-08-03', interval '1 day') as at`,
  );
  workspace.write('.env', SETTINGS);
  return workspace;
}

const archived = (workspace: Workspace) => workspace.list('archive').filter((name) => name.endsWith('.csv'));
const rest = (workspace: Workspace) =>
  workspace.query(
    `select (select count(*) from tally.deliveries where archived_as is not null)::int as archived,
       (select count(*) from tally.deliveries where archive_cleaned_at is not null)::int as archive_cleaned,
       (select count(*) from file_invalid_rows)::int as invalid,
       (select count(*) from tally.loads where invalid_cleaned_at is not null)::int as invalid_cleaned,
       (select count(*) from tally.slots)::int as slots`,
  );
const UNTOUCHED = { archived: 5, archive_cleaned: 0, invalid: 5, invalid_cleaned: 0, slots: 3 };
const OF_ARCHIVE = { archived: 2, archive_cleaned: 3 };
const OF_INVALID = { invalid: 2, invalid_cleaned: 3 };

test.each([
  ['when its files are gone and the ledger does not say so', BEFORE_THE_LEDGER, 2, UNTOUCHED],
  [
    'before its invalid rows are gone',
    'lock table tally.loads in share mode',
    2,
    { ...UNTOUCHED, ...OF_ARCHIVE },
  ],
  [
    'before its slots are gone',
    'lock table tally.slots in share mode',
    2,
    { ...UNTOUCHED, ...OF_ARCHIVE, ...OF_INVALID },
  ],
])('a cleaning that is killed %s is finished by the next one', async (_, lock, files, left) => {
  const workspace = await oldDays();
  await killWaitingFor(workspace, ['clean'], lock);
  expect(archived(workspace)).toHaveLength(files);
  expect(await rest(workspace)).toEqual([left]);

  const ran = await workspace.tally(['clean']);
  expect({ code: ran.code, stderr: ran.stderr }).toEqual({ code: 0, stderr: '' });
  expect(await rest(workspace)).toEqual([{ ...OF_ARCHIVE, ...OF_INVALID, slots: 1 }]);
  expect(archived(workspace)).toEqual(
    ['2026-08-04', '2026-08-05'].map((day) => `customer_rating/${day}/${fileOf(day.replaceAll('-', ''))}`),
  );
  expect(
    await workspace.query("select outcome from tally.runs where command = 'clean' order by run_id"),
  ).toEqual([{ outcome: 'crashed' }, { outcome: 'done' }]);
  // Nothing is odd about what is left, and readers see what they saw.
  expect((await workspace.tally(['verify'])).code).toBe(0);
  expect(
    (await workspace.tally(['rollback', '--feed', 'customer_rating', '--agency', 'agency_a'])).code,
  ).toBe(0);
  expect((await workspace.tally(['verify'])).code).toBe(0);
});

test('a delivery that comes again while its file is being removed is kept', async () => {
  const workspace = await oldDays();
  workspace.write(`inbox/${fileOf(DAYS[0]!)}`, textOf(DAYS[0]!));
  let again: Promise<unknown> | undefined;
  const ran = await whileWaitingFor(workspace, ['clean'], BEFORE_THE_LEDGER, async () => {
    expect(archived(workspace)).toHaveLength(2);
    again = workspace.run();
    await untilWaiting(workspace, 2);
  });
  expect(ran.code).toBe(0);
  expect(await again).toMatchObject({ errors: [], loads: [{ code: 'known' }] });
  const place = `customer_rating/2026-08-01/${fileOf(DAYS[0]!)}`;
  expect(
    await workspace.query(
      'select archived_as, archive_cleaned_at from tally.deliveries order by delivery_id limit 1',
    ),
  ).toEqual([{ archived_as: place, archive_cleaned_at: null }]);
  expect(workspace.read(`archive/${place}`)).toBe(textOf(DAYS[0]!));
  expect(workspace.list('archive')).toContain(`${place}.sha256`);
});
