select row_to_json(each) as document from (
{{!select}}
) as each
