-- For each feed and agency that has delivered, up to a business date ($1, else all) and of a feed ($2, else all):
-- what is in the warehouse, what is live, and how the last attempt ended. A replay of what came long ago is no news.
-- Each of them is looked up from the newest backwards: the ledger may have years of loads, and only the last ones count.
with recursive delivered as (
  (
    select feed, agency
    from tally.loads
    where agency is not null and ($2::text is null or feed = $2)
    order by feed, agency
    limit 1
  )
  union all
  select next.feed, next.agency
  from delivered
  cross join lateral (
    select feed, agency
    from tally.loads
    where agency is not null and ($2::text is null or feed = $2)
      and (feed, agency) > (delivered.feed, delivered.agency)
    order by feed, agency
    limit 1
  ) as next
)
select
  delivered.feed,
  delivered.agency,
  fresh.business_date::text as fresh_date,
  live.load_id as live_load_id,
  live.rows_loaded,
  live.rows_invalid,
  attempt.load_id as last_load_id,
  attempt.outcome as last_outcome,
  attempt.message as last_message
from delivered
cross join lateral (
  select load_id, outcome, message
  from tally.loads
  where feed = delivered.feed and agency = delivered.agency and ($1::date is null or business_date <= $1)
    and outcome <> 'skipped' and backfill_id is null
  order by load_id desc
  limit 1
) as attempt
left join lateral (
  select business_date
  from tally.loads
  where feed = delivered.feed and agency = delivered.agency and ($1::date is null or business_date <= $1)
    and outcome in ('loaded', 'unchanged') and rolled_back_at is null
  order by business_date desc
  limit 1
) as fresh on true
left join lateral (
  select load_id, rows_loaded + rows_fixed as rows_loaded, rows_invalid - rows_fixed as rows_invalid
  from tally.loads
  where feed = delivered.feed and agency = delivered.agency and ($1::date is null or business_date <= $1)
    and outcome = 'loaded' and live and rolled_back_at is null
  order by business_date desc, load_id desc
  limit 1
) as live on true
order by delivered.feed, delivered.agency
