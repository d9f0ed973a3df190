delete from tally.jobs where not job = any ($1)
