update tally.versions set state = $2, since = now() where load_id = $1
