update tally.destinations set selection = $2 where destination = $1
