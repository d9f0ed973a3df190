update tally.backfills set finished_at = $2, outcome = $3 where backfill_id = $1
