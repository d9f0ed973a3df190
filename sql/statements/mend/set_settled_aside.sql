-- Rows that were fixed or dismissed before. With the same values that is all right; with others it is told.
update offered_row as offered
set
  is_settled = coalesce(correction.after = offered.after, false),
  reasons = case
    when correction.after = offered.after then null
    else jsonb_build_array(jsonb_build_object(
      'column', null, 'value', null, 'rule', 'settled',
      'message', format(
        'was %s before, by %s at %s; nothing was changed',
        correction.action, correction.corrected_by, to_char(correction.corrected_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"')
      )
    ))
  end
from tally.corrections as correction
where correction.load_id = $1 and correction.line_number = offered.line_number
