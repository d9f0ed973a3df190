-- The load whose rows readers see: the last one of the latest business date that was published and not rolled back.
select
  l.load_id, l.business_date::text, d.sha256, l.control,
  l.rows_loaded + l.rows_fixed as rows_loaded, l.rows_invalid - l.rows_fixed as rows_invalid
from tally.loads l
join tally.deliveries d using (delivery_id)
where l.feed = $1 and l.agency = $2 and l.outcome = 'loaded' and l.live and l.rolled_back_at is null
order by l.business_date desc, l.load_id desc
limit 1
