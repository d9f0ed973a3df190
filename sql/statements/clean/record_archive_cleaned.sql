update tally.deliveries
set archived_as = null, archived_packed_at = null, archive_cleaned_at = $2
where delivery_id = any($1)
