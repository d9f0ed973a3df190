-- How the last attempt of each feed and agency ended is asked by every run, every alarm and /metrics: with years of loads
-- in the ledger it is one look into this index, not a sort of them all.

create index last_attempts on tally.loads (feed, agency, load_id)
where outcome <> 'skipped' and backfill_id is null;
