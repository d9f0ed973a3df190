-- What came back in a sheet, row by row, and the values of those that are valid.
create temporary table offered_row (
  position bigint not null,
  line_number bigint,
  given jsonb not null,
  reasons jsonb,
  after jsonb,
  is_settled boolean not null default false,
  is_repeated boolean not null default false
) on commit drop;
create temporary table corrected_row (line_number bigint not null, {{!columns}}) on commit drop;
