-- Files of the archive that may go, each with its deliveries: the same content of two agencies may lie there once. All of
-- them were used last before $1, and nothing needs them any more.
with asked as (
  select delivery_id, feed, agency, business_date, sha256 from tally.deliveries where {{!among}}
),
needed as (
  select distinct asked.feed, asked.business_date, asked.sha256
  from asked
  join tally.loads as load using (delivery_id)
  left join tally.versions as version using (load_id)
  where load.outcome is null
    or greatest(load.finished_at, load.accepted_at, load.rolled_back_at) >= $1
    or version.state in ('live', 'previous', 'held')
    -- One that was begun and is not done goes on with them.
    or exists (
      select
      from tally.backfills as backfill
      where backfill.finished_at is null and backfill.started_at >= $1
        and backfill.feed = asked.feed and coalesce(backfill.agency, asked.agency) = asked.agency
        and asked.business_date between backfill.from_date and backfill.to_date
    )
)
select
  delivery.archived_as as place,
  bool_or(delivery.archived_packed_at is not null) as packed,
  array_agg(delivery.delivery_id) as deliveries,
  1 as count,
  max(delivery.size_bytes) as bytes
from asked
join tally.deliveries as delivery using (delivery_id)
left join needed
  on needed.feed = delivery.feed and needed.business_date = delivery.business_date and needed.sha256 = delivery.sha256
-- What was tagged and stays in the inbox is not the archive's.
where delivery.archived_as is not null and delivery.archived_as not like 's3://%'
group by delivery.archived_as
having count(needed.sha256) = 0
order by min(delivery.delivery_id)
