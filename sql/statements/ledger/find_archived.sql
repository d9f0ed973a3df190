-- The delivery that lies at a place of the archive.
select feed, agency, business_date::text, file_name, sha256, archived_packed_at is not null as packed
from tally.deliveries
where archived_as = $1
order by delivery_id desc
limit 1
