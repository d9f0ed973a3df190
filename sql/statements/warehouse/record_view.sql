insert into tally.views
values ($1, $2)
on conflict (view) do update set sha256 = excluded.sha256
