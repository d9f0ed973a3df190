select load_id, state from tally.versions where feed = $1 and ($2::text is null or agency = $2) order by load_id desc
