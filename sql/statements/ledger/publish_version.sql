-- The version of this load is live, and the one before it is the previous one; tells which that was. The insert
-- reads what the update returns, so it comes second: there is never more than one live version.
with old as (
  update tally.versions
  set state = 'previous', since = now()
  where feed = $2 and agency = $3 and state = 'live'
  returning load_id
)
insert into tally.versions (load_id, feed, agency, state)
select $1, $2, $3, 'live'
from (select count(*) from old) as done
on conflict (load_id) do update set state = excluded.state, since = now()
returning (select load_id from old) as old
