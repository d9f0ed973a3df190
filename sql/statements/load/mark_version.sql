alter table {{version}} alter column load_id set default {{!load_id}}
