update tally.deliveries
set archived_as = $5
where feed = $1 and agency = $2 and business_date = $3 and sha256 = $4
