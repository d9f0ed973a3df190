-- The loads whose rows readers see: of a feed that is replaced the current one, of the others all; and whether their
-- file was cleaned from the archive.
with published as (
  select
    load.load_id, load.feed, load.agency, feed.mode, delivery.archive_cleaned_at is not null as is_cleaned,
    row_number() over (partition by load.feed, load.agency order by load.business_date desc, load.load_id desc) as nth
  from tally.loads as load
  join tally.feeds as feed using (feed)
  join tally.deliveries as delivery using (delivery_id)
  where load.outcome = 'loaded' and load.live and load.rolled_back_at is null
    and ($1::text is null or load.feed = $1)
    and ($2::text is null or load.agency = $2)
)
select load_id, is_cleaned
from published
where nth = 1 or mode <> 'replace'
order by feed, agency, load_id
