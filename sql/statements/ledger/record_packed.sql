update tally.deliveries
set archived_as = $3, archived_packed_at = now()
where archived_as = $1 and sha256 = $2
