-- Every number of /metrics that the ledger knows by itself, each with its name and labels. Read when it is asked for, so
-- it is true whichever process ran the load, and survives a restart.
with ended as materialized (
  -- The one pass over all loads; what follows has a row for each feed, agency and outcome.
  select
    feed, agency, outcome, count(*) as loads, sum(seconds) as seconds, sum(rows_loaded) as rows_loaded,
    sum(rows_invalid) as rows_invalid, max(finished_at) as finished_at, max(load_id) as last_load_id
  from tally.loads
  where outcome is not null
  group by feed, agency, outcome
),
labelled as materialized (
  select *, jsonb_build_object('feed', feed, 'agency', coalesce(agency, '')) as of_agency from ended
),
last_read as (
  select last.of_agency, load.rows_read, load.rows_invalid, load.seconds
  from (
    select of_agency, max(last_load_id) as load_id
    from labelled
    where outcome in ('loaded', 'held')
    group by of_agency
  ) as last
  join tally.loads as load using (load_id)
),
last_run as (
  select distinct on (command) command, started_at, finished_at
  from tally.runs
  where outcome is not null
  order by command, run_id desc
)
select 'tally_loads_total' as metric, of_agency || jsonb_build_object('outcome', outcome) as labels, loads::float8 as value
from labelled
union all
select 'tally_load_seconds_total', of_agency, sum(seconds)::float8 from labelled group by of_agency
union all
select 'tally_rows_total', of_agency || jsonb_build_object('fate', fate), rows::float8
from labelled
cross join lateral (values ('loaded', rows_loaded), ('invalid', rows_invalid)) as counted (fate, rows)
where outcome = 'loaded'
union all
select 'tally_last_good_load_timestamp_seconds', of_agency, extract(epoch from max(finished_at))::float8
from labelled
where outcome in ('loaded', 'unchanged')
group by of_agency
union all
select 'tally_last_load_seconds', of_agency, seconds::float8 from last_read
union all
select
  'tally_invalid_share_ratio', of_agency,
  case when rows_read = 0 then 0 else rows_invalid::float8 / rows_read end
from last_read
union all
select 'tally_runs_total', jsonb_build_object('command', command, 'outcome', outcome), count(*)::float8
from tally.runs
where outcome is not null
group by command, outcome
union all
select 'tally_runs_going_on', '{}', count(*)::float8 from tally.runs where outcome is null
union all
select 'tally_last_run_timestamp_seconds', jsonb_build_object('command', command), extract(epoch from finished_at)::float8
from last_run
union all
select
  'tally_last_run_seconds', jsonb_build_object('command', command),
  extract(epoch from finished_at - started_at)::float8
from last_run
union all
select 'tally_alarms_total', jsonb_build_object('kind', kind), count(*)::float8 from tally.alarms group by kind
union all
select 'tally_alarms_open', jsonb_build_object('kind', kind), count(*) filter (where recovered_at is null)::float8
from tally.alarms
where kind in ('failed', 'held', 'late')
group by kind
union all
select 'tally_alarms_waiting', jsonb_build_object('channel', channel), count(*) filter (where sent_at is null)::float8
from tally.alarm_sends
group by channel
