-- Corrected rows whose key stands in a row that their load may not overwrite: of a later business date, or of a later
-- load of the same.
update offered_row as offered
set reasons = jsonb_build_array(jsonb_build_object(
  'column', {{=names}}, 'value', left(concat_ws(', ', {{!key}}), 200), 'rule', 'key',
  'message', format(
    'expected a key that no later load has brought, got %s `%s`, which came with load %s',
    {{=names}}, left(concat_ws(', ', {{!key}}), 200), first.load_id
  )
))
from corrected_row as row
join {{target}} as first using ({{columns}})
join tally.loads as this on this.load_id = {{!load_id}}
join tally.loads as other on other.load_id = first.load_id
where offered.line_number = row.line_number and offered.after is not null and offered.reasons is null
  and (
    (other.load_id > this.load_id and other.business_date >= this.business_date)
    or (other.load_id < this.load_id and other.business_date > this.business_date)
  )
