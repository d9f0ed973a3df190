select count(*) as count
from file_invalid_rows
where ($1::bigint is null or load_id = $1)
  and ($2::text is null or feed = $2)
  and ($3::text is null or agency = $3)
  and ($4::text is null or reasons @> jsonb_build_array(jsonb_build_object('column', $4::text)))
  and ($5::text is null or reasons @> jsonb_build_array(jsonb_build_object('rule', $5::text)))
  and ($6::text is null or status = $6)
