-- The version that readers see, and the one before it.
select
  (select load_id from tally.versions where feed = $1 and agency = $2 and state = 'live') as live,
  (
    select load_id
    from tally.versions
    where feed = $1 and agency = $2 and state = 'previous'
    order by since desc, load_id desc
    limit 1
  ) as previous
