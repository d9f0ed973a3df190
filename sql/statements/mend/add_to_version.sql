insert into {{target}} ({{columns}})
select {{columns}}
from corrected_row
order by line_number
