select
  count(*) as rows,
  count(*) filter (where is_settled) as settled,
  count(*) filter (where reasons is not null) as returned
from offered_row
