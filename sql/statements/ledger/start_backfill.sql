insert into tally.backfills (feed, agency, from_date, to_date, rules_sha256, started_at)
values ($1, $2, $3, $4, $5, $6)
returning backfill_id
