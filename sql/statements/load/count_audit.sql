select count(*) as count from (
{{!select}}
) as found
