-- What a load has changed, for feeds that ask for it.

alter table tally.loads
  add column compared_with bigint references tally.loads,
  add column rows_added bigint,
  add column rows_removed bigint,
  add column rows_changed bigint,
  add constraint compared_with_counts check (
    (compared_with is null) = (rows_added is null) and (compared_with is null) = (rows_removed is null)
    and (compared_with is not null or rows_changed is null)
  );
comment on column tally.loads.compared_with is 'The load whose version it took the place of, where its feed has `diff: counts`.';
comment on column tally.loads.rows_added is 'Rows that were not in that version: by key, or as whole rows.';
comment on column tally.loads.rows_removed is 'Rows of that version that are not in this one.';
comment on column tally.loads.rows_changed is 'Rows whose key is in both versions, with other values; empty for a feed without a key.';
