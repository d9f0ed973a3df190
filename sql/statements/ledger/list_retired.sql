select load_id from tally.versions where state = 'retired' order by load_id
