create or replace view {{view}} as
{{!select}}
