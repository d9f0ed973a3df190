insert into tally.feeds (feed, title, mode, definition)
values ($1, $2, $3, $4)
on conflict (feed) do update
set title = excluded.title, mode = excluded.mode, definition = excluded.definition, updated_at = now()
