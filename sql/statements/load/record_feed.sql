with recorded as (
  insert into tally.feeds (feed, title, mode, definition)
  values ($1, $2, $3, $4)
  on conflict (feed) do update
  set title = excluded.title, mode = excluded.mode, definition = excluded.definition, updated_at = now()
  returning feed, definition
)
insert into tally.feed_definitions (feed_md5, feed, definition)
select md5(definition::text), feed, definition
from recorded
on conflict (feed_md5) do nothing
