delete from tally.views where view = any($1)
