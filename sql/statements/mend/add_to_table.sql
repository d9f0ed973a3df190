-- Keys that may not be overwritten have been set aside before.
insert into {{target}} (load_id, {{columns}})
select {{!load_id}}, {{columns}}
from corrected_row
order by line_number
on conflict ({{key}}) do update
set (load_id, {{columns}}) = row(excluded.load_id, {{!excluded}})
