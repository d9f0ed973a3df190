-- Runs that were never closed, and runs that were although a load of theirs was not: the ledger was out of reach then.
select run_id from tally.runs where outcome is null
union
select run_id from tally.loads where outcome is null
