select 1 from tally.agencies where agency = $1
