select
  l.load_id, l.feed, l.agency, l.business_date::text, l.file_name, l.outcome, l.code, l.message,
  l.rows_read, l.rows_loaded, l.rows_invalid, l.rows_repeated, l.seconds, l.warnings, l.drift, l.accepted_at,
  d.sha256, d.delivery_id, v.state as version_state
from tally.loads l
left join tally.deliveries d using (delivery_id)
left join tally.versions v using (load_id)
where l.load_id = $1
