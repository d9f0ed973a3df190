-- $1: the report; $2: the digest of its sources; $3: the day, whose own file is the first choice.
select file_name, rows, sha256
from tally.reports
where report = $1 and made_of = $2
order by report_date = $3::date desc, report_id desc
limit 1
