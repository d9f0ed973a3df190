select different.occurrence, array[{{!texts}}] as texts
from (
  select place, occurrence from row_difference where line_number is null order by place limit $1
) as different
join {{table}} as row on row.ctid = different.place
order by different.place
