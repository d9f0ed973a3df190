-- Verifications of before $1. The last one of each load stays, and each that found a difference.
select id, 1 as count, bytes
from (
  select
    verification_id as id, pg_column_size(verification.*) as bytes, verified_at, outcome,
    row_number() over (partition by load_id order by verified_at desc, verification_id desc) as nth
  from tally.verifications as verification
) as verification
where verified_at < $1 and outcome <> 'different' and nth > 1
