delete from tally.versions where load_id = $1
