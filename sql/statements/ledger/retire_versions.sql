-- Of the versions before the live one only so many are kept; what was held is overtaken by what is live now.
update tally.versions
set state = 'retired', since = now()
where feed = $1 and agency = $2
  and (
    state = 'held'
    or (state = 'previous' and load_id not in (
      select load_id
      from tally.versions
      where feed = $1 and agency = $2 and state = 'previous'
      order by since desc, load_id desc
      limit $3
    ))
  )
