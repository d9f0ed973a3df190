select
  load.load_id, load.feed, load.fields, load.agency, load.business_date::text, load.outcome, load.live, load.time_zone,
  load.rolled_back_at is not null as is_rolled_back,
  load.rows_invalid, load.rows_fixed, load.rows_dismissed, load.invalid_cleaned_at,
  version.state as version_state,
  definition.definition,
  (
    select live.load_id
    from tally.versions as live
    where live.feed = load.feed and live.agency = load.agency and live.state = 'live'
  ) as live_load
from tally.loads as load
left join tally.versions as version using (load_id)
left join tally.feed_definitions as definition using (feed_md5)
where load.load_id = $1
