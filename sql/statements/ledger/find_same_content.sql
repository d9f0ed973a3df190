-- The last attempt at this very content for this business date; a replay that came to nothing took nothing away.
select
  l.load_id, l.outcome, l.code, l.message, l.rolled_back_at,
  md5(f.definition::text) is distinct from l.feed_md5 as feed_changed,
  l.control is distinct from $5::jsonb as control_changed,
  d.delivery_id, d.archived_as
from tally.loads l
join tally.deliveries d using (delivery_id)
left join tally.feeds f on f.feed = l.feed
where d.feed = $1 and d.agency = $2 and d.business_date = $3 and d.sha256 = $4
  and l.outcome <> 'skipped'
  and (l.backfill_id is null or l.outcome = 'loaded')
order by l.load_id desc
limit 1
