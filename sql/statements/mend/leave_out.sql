-- What has a reason by now, or needs no row, is not inserted.
delete from corrected_row as row
using offered_row as offered
where offered.line_number = row.line_number
  and (offered.is_settled or offered.is_repeated or offered.after is not null and offered.reasons is not null)
