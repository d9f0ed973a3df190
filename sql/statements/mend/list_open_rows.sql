select line_number, raw, encoding, summary
from file_invalid_rows
where load_id = $1 and status = 'open'
order by line_number
