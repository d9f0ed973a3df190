select load_id from tally.versions where feed = $1 and agency = $2 and state = $3 order by load_id desc limit 1
