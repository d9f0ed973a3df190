-- Where the last file of this name was put away.
select archived_as as place, archived_packed_at is not null as packed, sha256
from tally.deliveries
where file_name = $1 and archived_as is not null
order by delivery_id desc
limit 1
