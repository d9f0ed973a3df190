update tally.destinations set down_since = coalesce(down_since, $2), last_error = $3 where destination = $1
