insert into tally.agencies (agency, name, time_zone)
select * from unnest($1::text[], $2::text[], $3::text[])
on conflict (agency) do update
set name = excluded.name, time_zone = excluded.time_zone
where (agencies.name, agencies.time_zone) is distinct from (excluded.name, excluded.time_zone)
