select run_id from tally.runs where outcome is null
