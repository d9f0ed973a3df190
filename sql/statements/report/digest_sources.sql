-- $1: the feeds that a report reads as they are; $2: the text of the report, and who writes it. What readers see of a feed is
-- another when its versions are, or when a file was added to it or a row corrected.
select md5(jsonb_build_array(
  $2::text,
  current_setting('tally.top_customers', true),
  (select jsonb_object_agg(view, sha256) from tally.views),
  (select jsonb_agg(load_id order by load_id) from tally.versions where feed = any($1::text[]) and state = 'live'),
  (
    select jsonb_build_array(count(*), sum(rows_fixed), sum(rows_dismissed))
    from tally.loads
    where feed = any($1::text[]) and outcome = 'loaded'
  )
)::text) as made_of
