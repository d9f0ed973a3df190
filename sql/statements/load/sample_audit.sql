select to_jsonb(found)::text as row from (
{{!select}}
) as found limit 1
