-- Of a feed ($1), of one agency or of all ($2), of the business dates $3 to $4: for each agency and date the delivery
-- that counts, which is the one that was loaded last, and what came of its content when it was loaded last. Where
-- nothing was loaded, the last attempt, so that it can be told.
select distinct on (load.business_date, load.agency collate "C")
  load.business_date::text,
  load.agency,
  agency.name as agency_name,
  agency.time_zone,
  delivery.delivery_id,
  delivery.file_name,
  delivery.sha256,
  delivery.archived_as,
  delivery.archived_packed_at is not null as archived_packed,
  delivery.archive_cleaned_at,
  load.load_id,
  load.outcome,
  load.rolled_back_at is not null as is_rolled_back,
  content.rows_read,
  content.rows_loaded,
  content.rows_invalid,
  exists (
    select from tally.loads where delivery_id = load.delivery_id and accepted_at is not null
  ) as was_accepted
from tally.loads as load
join tally.deliveries as delivery using (delivery_id)
left join tally.agencies as agency on agency.agency = load.agency
left join lateral (
  select other.rows_read, other.rows_loaded, other.rows_invalid
  from tally.loads as other
  join tally.deliveries as same using (delivery_id)
  where other.feed = load.feed and other.agency = load.agency and same.sha256 = delivery.sha256
    and other.outcome = 'loaded'
  order by other.load_id desc
  limit 1
) as content on true
where load.feed = $1
  and ($2::text is null or load.agency = $2)
  and load.business_date between $3 and $4
  and load.outcome <> 'skipped'
order by
  load.business_date,
  load.agency collate "C",
  load.outcome in ('loaded', 'unchanged') and load.rolled_back_at is null desc,
  load.load_id desc
