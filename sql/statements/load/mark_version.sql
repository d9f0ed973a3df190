alter table {{version}} add column load_id bigint not null default {{!load_id}}
