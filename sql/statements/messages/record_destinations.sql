insert into tally.destinations (destination)
select unnest($1::text[])
on conflict do nothing
