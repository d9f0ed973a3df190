-- Held for as long as the scheduler's connection lives: so anyone can see whether one is up.
select pg_advisory_lock_shared(hashtextextended('tally scheduler', 0))
