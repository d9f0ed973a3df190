-- Loads whose invalid rows may go: of before $1, and nobody can roll back to their rows, accept or correct them. Where
-- loads share a table, those of which a row was corrected stay. $2: only these loads; null: all.
select
  load.load_id, load.feed, load.agency, load.rows_invalid as count,
  own.relation is not null as has_own_table,
  coalesce(pg_total_relation_size(own.relation), 0) + coalesce(shared.bytes, 0) as bytes
from tally.loads as load
join tally.feeds as feed using (feed)
cross join lateral (select to_regclass('tally_version.invalid_' || load.load_id) as relation) as own
cross join lateral (
  select sum(pg_column_size(row.*)) as bytes from only file_invalid_rows as row where row.load_id = load.load_id
) as shared
where load.rows_invalid > 0 and load.invalid_cleaned_at is null
  and load.outcome in ('loaded', 'held')
  and greatest(load.finished_at, load.accepted_at, load.rolled_back_at) < $1
  and not exists (
    select from tally.versions as version where version.load_id = load.load_id and version.state <> 'retired'
  )
  and (feed.mode = 'replace' or load.rows_fixed = 0)
  and ($2::bigint[] is null or load.load_id = any($2))
order by load.feed, load.agency, load.load_id
