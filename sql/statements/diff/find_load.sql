select
  load.load_id, load.feed, load.agency, load.business_date::text, load.outcome, feed.mode, version.state,
  definition.definition -> 'key' as key
from tally.loads as load
join tally.feeds as feed using (feed)
left join tally.versions as version using (load_id)
left join tally.feed_definitions as definition using (feed_md5)
where load.load_id = $1
