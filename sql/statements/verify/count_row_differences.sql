select count(*) filter (where place is null) as missing, count(*) filter (where line_number is null) as extra
from row_difference
