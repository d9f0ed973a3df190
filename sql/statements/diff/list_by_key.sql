select
  case when before._here is null then 'added' when after._here is null then 'removed' else 'changed' end as change,
  case when before._here then to_json(array[{{!texts_before}}]::text[]) end as before,
  case when after._here then to_json(array[{{!texts_after}}]::text[]) end as after
from (select true as _here, {{columns}} from {{before}}) as before
full join (select true as _here, {{columns}} from {{after}}) as after using ({{key}})
where before._here is null or after._here is null or {{!differs}}
order by {{key}}
limit $1
