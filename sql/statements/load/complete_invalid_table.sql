-- What is the same for all rows is kept once. The rows lie in the order of their lines, for which a small index is enough.
alter table {{table}}
  add column load_id bigint not null default {{!load_id}},
  add column feed text not null default {{=feed}},
  add column agency text not null default {{=agency}},
  add column file_name text not null default {{=file_name}},
  add column table_name text not null default {{=table_name}},
  add column encoding text not null default {{=encoding}},
  add column status text not null default 'open',
  add constraint its_load check (load_id = {{!load_id}}),
  add constraint file_invalid_rows_status_check check (status in ('open', 'fixed', 'dismissed'));
create index on {{table}} using brin (line_number) with (pages_per_range = 16);
-- What tells rows apart in a plan; of raw texts and reasons no plan asks, and they are the larger part.
analyze {{table}} (line_number, status)
