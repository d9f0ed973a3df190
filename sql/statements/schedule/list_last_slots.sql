select distinct on (job) job, slot, state, code, message
from tally.slots
where job = any ($1)
order by job, slot desc
