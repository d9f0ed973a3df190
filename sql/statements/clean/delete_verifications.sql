-- The next $2 of those that have ended.
with gone as (
  delete from tally.verifications as row
  where verification_id in (select id from ({{!ended}}) as ended order by id limit $2)
  returning pg_column_size(row.*) as bytes
)
select count(*) as count, coalesce(sum(bytes), 0) as bytes from gone
