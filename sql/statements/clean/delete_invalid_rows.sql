-- Together: whoever finds no rows finds why.
with cleaned as (
  update tally.loads set invalid_cleaned_at = $2 where load_id = any($1)
)
delete from only file_invalid_rows where load_id = any($1)
