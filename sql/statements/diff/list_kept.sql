-- The versions of an agency that can be compared, the newest first: what is held, what is live, what was before.
select version.load_id, version.state
from tally.versions as version
where version.feed = $1 and version.agency = $2 and version.state <> 'retired'
order by version.state = 'held' desc, version.state = 'live' desc, version.since desc, version.load_id desc
