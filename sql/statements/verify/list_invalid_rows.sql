select line_number, encode(sha256(raw), 'hex') as sha256
from file_invalid_rows
where load_id = $1
order by line_number
