update tally.destinations set tried_up_to = greatest(tried_up_to, $2::bigint) where destination = $1
