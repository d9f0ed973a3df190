select set_config('timezone', $1, true)
