-- For each feed and agency that has delivered, up to a business date ($1, else all) and of a feed ($2, else all):
-- what is in the warehouse, what is live, and how the last attempt ended. A replay of what came long ago is no news.
with load as (
  select *
  from tally.loads
  where agency is not null and outcome is not null and outcome <> 'skipped'
    and ($1::date is null or business_date <= $1)
    and ($2::text is null or feed = $2)
),
fresh as (
  select feed, agency, max(business_date) as business_date
  from load
  where outcome in ('loaded', 'unchanged') and rolled_back_at is null
  group by feed, agency
),
live as (
  select distinct on (feed, agency)
    feed, agency, load_id, rows_loaded + rows_fixed as rows_loaded, rows_invalid - rows_fixed as rows_invalid
  from load
  where outcome = 'loaded' and live and rolled_back_at is null
  order by feed, agency, business_date desc, load_id desc
),
attempt as (
  select distinct on (feed, agency)
    feed, agency, load_id, outcome, message
  from load
  where backfill_id is null
  order by feed, agency, load_id desc
)
select
  attempt.feed,
  attempt.agency,
  fresh.business_date::text as fresh_date,
  live.load_id as live_load_id,
  live.rows_loaded,
  live.rows_invalid,
  attempt.load_id as last_load_id,
  attempt.outcome as last_outcome,
  attempt.message as last_message
from attempt
left join fresh using (feed, agency)
left join live using (feed, agency)
order by attempt.feed, attempt.agency
