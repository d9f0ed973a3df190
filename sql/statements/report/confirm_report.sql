-- The file of a day has the bytes already that it would be given of other sources.
update tally.reports set made_of = $4
where report_id = (
  select max(report_id) from tally.reports where report = $1 and report_date = $2 and sha256 = $3
)
