-- Dismisses the open rows of a load that fulfil every condition that is given, with their audit entries and counts.
with dismissed as (
  update file_invalid_rows
  set status = 'dismissed'
  where load_id = $1 and status = 'open'
    and ($6::bigint[] is null or line_number = any($6))
    and ($7::text is null or reasons @> jsonb_build_array(jsonb_build_object('column', $7::text)))
    and ($8::text is null or reasons @> jsonb_build_array(jsonb_build_object('rule', $8::text)))
    and ($9::text is null or strpos(summary, $9) > 0)
  returning line_number, raw, encoding
),
noted as (
  insert into tally.corrections (load_id, line_number, action, corrected_at, corrected_by, run_id, before, why)
  select $1, line_number, 'dismissed', $2, $3, $4, tally.readable(raw, encoding), $5
  from dismissed
  returning line_number
)
update tally.loads
set rows_dismissed = rows_dismissed + (select count(*) from noted)
where load_id = $1
returning (select count(*) from noted) as dismissed, rows_invalid - rows_fixed - rows_dismissed as open
