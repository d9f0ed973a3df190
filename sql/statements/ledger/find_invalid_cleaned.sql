select rows_invalid, invalid_cleaned_at from tally.loads where load_id = $1 and invalid_cleaned_at is not null
