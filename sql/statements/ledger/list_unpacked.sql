-- What lies plain in the archive and is worth packing, the latest first: what was just archived is read from memory.
-- The same content of two agencies may lie there once.
select archived_as as place, sha256
from tally.deliveries
where archived_as is not null and archived_as not like 's3://%' and archived_packed_at is null and size_bytes >= $1
  and file_name !~* '\.(gz|zst|zip)$' and archived_as !~* '\.(gz|zst|zip)$'
group by archived_as, sha256
order by max(delivery_id) desc
