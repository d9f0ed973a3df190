insert into tally.versions (load_id, feed, agency, state)
values ($1, $2, $3, $4)
on conflict (load_id) do update set state = excluded.state, since = now()
