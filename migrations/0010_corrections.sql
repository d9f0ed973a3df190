-- Invalid rows can be fixed or dismissed: who did what to which row, and how the ledger counts it.

alter table tally.loads
  add column fields jsonb,
  add column rows_fixed bigint not null default 0,
  add column rows_dismissed bigint not null default 0,
  add constraint corrected_rows_were_invalid
    check (rows_fixed >= 0 and rows_dismissed >= 0 and rows_fixed + rows_dismissed <= rows_invalid);
comment on column tally.loads.fields is 'Which column each field of a row is, in the order of the file: null for none of the feed; an empty list for JSON, where values have names. Empty for loads of before this was kept.';
comment on column tally.loads.rows_fixed is 'Of the invalid rows: those that were corrected since and are loaded.';
comment on column tally.loads.rows_dismissed is 'Of the invalid rows: those that nobody will correct.';
comment on column tally.loads.rows_loaded is 'Rows that are in the table, or in the version that is held, as they were delivered.';
comment on column tally.loads.rows_invalid is 'Rows that are in file_invalid_rows, whatever became of them since: see rows_fixed and rows_dismissed.';

create table tally.corrections (
  load_id bigint not null references tally.loads,
  line_number bigint not null,
  action text not null check (action in ('fixed', 'dismissed')),
  corrected_at timestamptz not null,
  corrected_by text not null,
  run_id bigint not null references tally.runs,
  before text not null,
  after jsonb,
  is_repeated boolean not null default false,
  file_name text,
  why text,
  primary key (load_id, line_number),
  constraint fixed_with_values check ((action = 'fixed') = (after is not null))
);
comment on table tally.corrections is 'One row for each invalid row that was fixed or dismissed: who did it, when, and what stood there before and after.';
comment on column tally.corrections.load_id is 'The load that set the row aside: tally.loads.';
comment on column tally.corrections.line_number is 'The line of the file on which the row starts, as in file_invalid_rows.';
comment on column tally.corrections.action is 'fixed (and so loaded) or dismissed.';
comment on column tally.corrections.corrected_at is 'When it was done.';
comment on column tally.corrections.corrected_by is 'Who did it: --by, TALLY_USER, or the user of the operating system.';
comment on column tally.corrections.run_id is 'The command that did it: tally.runs.';
comment on column tally.corrections.before is 'The row as it was delivered, as text; its bytes stay in file_invalid_rows.';
comment on column tally.corrections.after is 'The values that were loaded in its place; empty where it was dismissed.';
comment on column tally.corrections.is_repeated is 'Whether the same values had come with the same key before, so that no row was added.';
comment on column tally.corrections.file_name is 'The file of corrections that it came with.';
comment on column tally.corrections.why is 'Why it was dismissed.';
