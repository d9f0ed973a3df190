update tally.deliveries
set archived_as = $5, archived_packed_at = case when $6 then now() end, archive_cleaned_at = null
where feed = $1 and agency = $2 and business_date = $3 and sha256 = $4
