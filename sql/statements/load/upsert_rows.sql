-- A row of a later business date is never overwritten by an earlier one.
insert into {{agency_table}} as live (agency, load_id, {{columns}})
select agency, load_id, {{columns}}
from {{version}}
order by line_number
on conflict ({{key}}) do update
set (load_id, {{columns}}) = row(excluded.load_id, {{!excluded}})
where $1::date >= (select business_date from tally.loads where load_id = live.load_id)
