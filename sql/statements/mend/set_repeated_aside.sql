-- Corrected rows whose key stands in another one of an earlier line.
with ranked as (
  select row.line_number, first_value(row.line_number) over (partition by {{!key}} order by row.line_number) as first_line
  from corrected_row as row
  where row({{!key}}) is not null
)
update offered_row as offered
set
  is_repeated = not ({{!differs}}),
  reasons = case when {{!differs}} then jsonb_build_array(jsonb_build_object(
    'column', {{=names}}, 'value', left(concat_ws(', ', {{!key}}), 200), 'rule', 'unique',
    'first_line', first.line_number, 'message', format(
      'expected each %s once, got `%s` again, which stands on line %s',
      {{=names}}, left(concat_ws(', ', {{!key}}), 200), first.line_number
    )
  )) end
from ranked
join corrected_row as row on row.line_number = ranked.line_number
join corrected_row as first on first.line_number = ranked.first_line
where ranked.line_number > ranked.first_line
  and offered.line_number = ranked.line_number and offered.after is not null and offered.reasons is null
