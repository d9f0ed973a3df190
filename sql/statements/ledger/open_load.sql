-- Writes the delivery down and opens a load of it, in one go. Tells too whether the agency is known as it is
-- declared and has its table: so what is to be done once for an agency costs nothing afterwards.
with delivery as (
  insert into tally.deliveries (feed, agency, business_date, file_name, size_bytes, sha256, found_at)
  values ($2, $3, $4, $5, $6, $7, $8)
  on conflict (feed, agency, business_date, sha256) do update set file_name = excluded.file_name
  returning delivery_id
)
insert into tally.loads (
  run_id, delivery_id, feed, agency, business_date, file_name, table_name, feed_md5, started_at, time_zone,
  control, backfill_id, watched
)
select $1, delivery_id, $2, $3, $4, $5, $9, (select md5(definition::text) from tally.feeds where feed = $2), $8, $13,
  $14::jsonb, $15::bigint, $15::bigint is not null
from delivery
returning
  load_id,
  delivery_id,
  to_regclass($10) is not null and exists (
    select from tally.agencies as known
    where known.agency = $3 and (known.name, known.time_zone) is not distinct from ($11::text, $12::text)
  ) as is_prepared
