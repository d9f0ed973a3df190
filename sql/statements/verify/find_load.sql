select
  load.load_id, load.feed, load.agency, load.business_date::text, load.file_name, load.outcome, load.time_zone,
  load.rows_read, load.rows_loaded, load.rows_invalid, load.rows_repeated, load.invalid_cleaned_at,
  delivery.sha256, delivery.size_bytes, delivery.archived_as, delivery.archived_packed_at is not null as archived_packed,
  delivery.archive_cleaned_at,
  version.state as version_state,
  feed.definition,
  not exists (
    select
    from tally.loads as later
    where later.feed = load.feed and later.agency = load.agency and later.load_id > load.load_id
      and later.outcome = 'loaded' and later.live
  ) as is_last
from tally.loads as load
left join tally.deliveries as delivery using (delivery_id)
left join tally.versions as version using (load_id)
left join tally.feed_definitions as feed on feed.feed_md5 = load.feed_md5
where load.load_id = $1
