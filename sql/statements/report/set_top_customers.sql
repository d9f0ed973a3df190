select set_config('tally.top_customers', $1, false)
