-- The values as PostgreSQL has read them, for the audit entry.
update offered_row as offered
set after = to_jsonb(corrected) - 'line_number'
from corrected_row as corrected
where corrected.line_number = offered.line_number and offered.reasons is null;
analyze offered_row;
analyze corrected_row;
