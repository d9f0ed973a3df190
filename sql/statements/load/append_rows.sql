-- Without `on conflict`, which costs half as much again: what is known has been taken out, and nobody else loads here.
insert into {{agency_table}} (agency, load_id, {{columns}})
select agency, load_id, {{columns}}
from {{version}}
order by line_number
