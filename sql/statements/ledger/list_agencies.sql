select agency.agency, agency.name, agency.time_zone, count(distinct load.feed) filter (where load.outcome = 'loaded') as feeds,
  max(load.business_date) filter (where load.outcome in ('loaded', 'unchanged'))::text as fresh_date
from tally.agencies as agency
left join tally.loads as load using (agency)
group by agency.agency
order by agency.agency
