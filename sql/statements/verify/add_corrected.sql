insert into expected_row (line_number, {{columns}})
select correction.line_number, {{!values}}
from tally.corrections as correction
cross join lateral jsonb_populate_record(null::pg_temp.expected_row, correction.after) as row
where correction.load_id = $1 and correction.action = 'fixed' and not correction.is_repeated
