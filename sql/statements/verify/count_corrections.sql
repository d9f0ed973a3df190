-- Of each kind of correction: what the ledger counts, what file_invalid_rows says, and what was noted.
select
  each.action,
  case each.action when 'fixed' then load.rows_fixed else load.rows_dismissed end as counted,
  (select count(*) from file_invalid_rows as row where row.load_id = $1 and row.status = each.action) as marked,
  (
    select count(*)
    from tally.corrections as correction
    where correction.load_id = $1 and correction.action = each.action
  ) as noted
from tally.loads as load
cross join (values ('fixed'), ('dismissed')) as each (action)
where load.load_id = $1
order by each.action
