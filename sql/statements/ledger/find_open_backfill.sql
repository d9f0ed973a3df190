select backfill_id, rules_sha256, started_at
from tally.backfills
where feed = $1 and agency is not distinct from $2 and from_date = $3 and to_date = $4 and finished_at is null
