-- $1, $2, $3: loads, runs and slots that someone has looked at.
with loads as (
  update tally.loads set watched = true where load_id = any($1::bigint[])
), runs as (
  update tally.runs set watched = true where run_id = any($2::bigint[])
)
update tally.slots set watched = true where slot_id = any($3::bigint[])
