insert into {{agency_table}} (agency, load_id, {{columns}})
select agency, load_id, {{columns}}
from {{version}}
order by line_number
on conflict ({{key}}) do nothing
