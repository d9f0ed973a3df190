select
  count(*) filter (where before._here is null) as added,
  count(*) filter (where after._here is null) as removed,
  count(*) filter (where before._here and after._here and {{!differs}}) as changed,
  count(before._here) as rows_before,
  count(after._here) as rows_after
from (select true as _here, {{columns}} from {{before}}) as before
full join (select true as _here, {{columns}} from {{after}}) as after using ({{key}})
