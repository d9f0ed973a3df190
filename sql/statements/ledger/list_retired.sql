select load_id
from tally.versions
where state = 'retired' and ($1::text is null or feed = $1) and ($2::text is null or agency = $2)
order by load_id
