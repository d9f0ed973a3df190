-- Corrected rows whose key is in the table already, with the line and load that brought it.
update offered_row as offered
set
  is_repeated = not ({{!differs}}),
  reasons = case when {{!differs}} then jsonb_build_array(jsonb_build_object(
    'column', {{=names}}, 'value', left(concat_ws(', ', {{!key}}), 200),
    'rule', case when {{!first_load}} = {{!load_id}} then 'unique' else 'key' end,
    'first_line', first.line_number, 'message', format(
      case
        when {{!first_load}} = {{!load_id}} then 'expected each %1$s once, got `%2$s` again, which stands on line %3$s'
        else 'expected the values that came with %1$s `%2$s` before (load %4$s, line %3$s), got others'
      end,
      {{=names}}, left(concat_ws(', ', {{!key}}), 200), first.line_number, {{!first_load}}
    )
  )) end
from corrected_row as row
join {{target}} as first using ({{columns}})
where offered.line_number = row.line_number and offered.after is not null and offered.reasons is null
  and {{!condition}}
