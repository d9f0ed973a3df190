-- For each feed and agency that has delivered: what is fresh, what is live, and how the last attempt ended.
with last_load as (
  select distinct on (feed, agency) feed, agency, load_id, outcome, business_date, message
  from tally.loads
  where outcome is not null and outcome <> 'skipped' and agency is not null
  order by feed, agency, load_id desc
),
fresh as (
  select feed, agency, max(business_date) as business_date
  from tally.loads
  where outcome in ('loaded', 'unchanged') and rolled_back_at is null
  group by feed, agency
),
live as (
  select distinct on (feed, agency)
    feed, agency, load_id, rows_loaded + rows_fixed as rows_loaded, rows_invalid - rows_fixed as rows_invalid
  from tally.loads
  where outcome = 'loaded' and live and rolled_back_at is null
  order by feed, agency, business_date desc, load_id desc
)
select
  last_load.feed,
  last_load.agency,
  fresh.business_date::text as fresh_date,
  live.load_id as live_load_id,
  live.rows_loaded,
  live.rows_invalid,
  last_load.load_id as last_load_id,
  last_load.outcome as last_outcome,
  last_load.message as last_message
from last_load
left join fresh using (feed, agency)
left join live using (feed, agency)
order by last_load.feed, last_load.agency
