select count(*) filter (where differs) as invalid, count(*) filter (where not differs) as repeated from set_aside
