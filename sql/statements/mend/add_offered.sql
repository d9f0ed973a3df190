insert into offered_row (position, line_number, given, reasons)
select position, line_number, given, nullif(reasons, 'null')
from jsonb_to_recordset($1::jsonb) as offered (position bigint, line_number bigint, given jsonb, reasons jsonb)
