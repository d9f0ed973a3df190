-- The ledger: what was delivered, what was tried with it, and what came of it.

create schema if not exists tally;
comment on schema tally is 'The ledger of Tallyhouse: runs, deliveries, loads, versions, reports.';

create schema tally_version;
comment on schema tally_version is 'The versions behind the tables of agencies, one table for each load. Read the tables, not these.';

create table tally.feeds (
  feed text primary key,
  title text not null,
  mode text not null check (mode in ('replace', 'append', 'upsert')),
  definition jsonb not null,
  updated_at timestamptz not null default now()
);
comment on table tally.feeds is 'One row for each feed: its declaration as it was last used.';

create table tally.agencies (
  agency text primary key,
  name text not null,
  time_zone text,
  added_at timestamptz not null default now()
);
comment on table tally.agencies is 'One row for each agency that is declared or has delivered.';

create table tally.runs (
  run_id bigint generated always as identity primary key,
  command text not null,
  host text not null,
  process_id integer not null,
  version text not null,
  started_at timestamptz not null default now(),
  finished_at timestamptz,
  outcome text check (outcome in ('done', 'held', 'failed', 'interrupted', 'crashed'))
);
comment on table tally.runs is 'One row for each pass: find deliveries, load, refresh, report. No outcome yet: it is going on.';

create table tally.deliveries (
  delivery_id bigint generated always as identity primary key,
  feed text not null,
  agency text not null,
  business_date date not null,
  file_name text not null,
  size_bytes bigint not null,
  sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  found_at timestamptz not null default now(),
  archived_as text,
  unique (feed, agency, business_date, sha256)
);
comment on table tally.deliveries is 'One row for each content that an agency delivered for a feed and a business date.';
comment on column tally.deliveries.archived_as is 'Where the file lies now, below the archive folder; empty while it is not archived.';

create table tally.loads (
  load_id bigint generated always as identity primary key,
  run_id bigint not null references tally.runs,
  delivery_id bigint references tally.deliveries,
  feed text not null,
  agency text,
  business_date date,
  file_name text not null,
  table_name text,
  feed_md5 text,
  started_at timestamptz not null default now(),
  finished_at timestamptz,
  seconds numeric(12, 3),
  rows_read bigint not null default 0,
  rows_loaded bigint not null default 0,
  rows_invalid bigint not null default 0,
  rows_repeated bigint not null default 0,
  outcome text check (outcome in ('loaded', 'unchanged', 'held', 'failed', 'skipped')),
  live boolean not null default false,
  code text,
  message text,
  warnings jsonb not null default '[]',
  drift jsonb not null default '{}',
  accepted_at timestamptz,
  rolled_back_at timestamptz,
  constraint every_row_has_a_fate check (rows_read = rows_loaded + rows_invalid),
  constraint repeated_rows_are_loaded check (rows_repeated between 0 and rows_loaded),
  constraint closed_with_an_outcome check ((outcome is null) = (finished_at is null))
);
comment on table tally.loads is 'One row for each attempt to put a delivery into the warehouse. No outcome yet: it is going on.';
comment on column tally.loads.feed_md5 is 'The declaration of the feed that it was checked by: what was refused is tried again when that changes.';
comment on column tally.loads.rows_read is 'Rows of the file; always rows_loaded + rows_invalid.';
comment on column tally.loads.rows_loaded is 'Rows that are in the table, or in the version that is held.';
comment on column tally.loads.rows_invalid is 'Rows that are in file_invalid_rows.';
comment on column tally.loads.rows_repeated is 'Of the loaded rows: those that were in the table already, with the same key and values.';
comment on column tally.loads.live is 'Whether it was published to the live table; false for a past business date, which gives history only.';
comment on column tally.loads.code is 'Why it was held, failed or skipped, as one word.';
comment on column tally.loads.message is 'The same as a sentence.';
comment on column tally.loads.warnings is 'Rules that only warn, and audits: [{column, rule, count, first_line}].';
comment on column tally.loads.drift is 'How the header differed from the feed: {extra: [...], absent: [...]}.';

create index on tally.loads (feed, agency, business_date);
create index on tally.loads (delivery_id);
create index loads_going_on on tally.loads (load_id) where outcome is null;

create table tally.versions (
  load_id bigint primary key references tally.loads,
  feed text not null,
  agency text not null,
  state text not null check (state in ('live', 'previous', 'held', 'retired')),
  since timestamptz not null default now()
);
comment on table tally.versions is 'One row for each table in tally_version: the rows that a load brought.';
comment on column tally.versions.state is 'live: what readers see; previous: kept for a rollback; held: waits to be accepted; retired: dropped when nobody reads it.';
create unique index one_live_version on tally.versions (feed, agency) where state = 'live';

create table tally.reports (
  report_id bigint generated always as identity primary key,
  run_id bigint not null references tally.runs,
  report text not null,
  report_date date not null,
  file_name text not null,
  rows bigint not null,
  sha256 text not null,
  written_at timestamptz not null default now()
);
comment on table tally.reports is 'One row for each report file that was written.';

create table tally.views (
  view text primary key,
  sha256 text not null
);
comment on table tally.views is 'The views as they were last built from sql/views.';

create table public.file_invalid_rows (
  load_id bigint not null,
  line_number bigint not null,
  feed text not null,
  agency text not null,
  file_name text not null,
  table_name text not null,
  raw bytea not null,
  reasons jsonb not null,
  summary text not null,
  status text not null default 'open' check (status in ('open', 'fixed', 'dismissed')),
  primary key (load_id, line_number)
);
comment on table public.file_invalid_rows is 'One row for each row of a file that did not conform, with every reason.';
comment on column public.file_invalid_rows.load_id is 'The load that set it aside: tally.loads.';
comment on column public.file_invalid_rows.line_number is 'The line of the file on which the row starts.';
comment on column public.file_invalid_rows.feed is 'The kind of file.';
comment on column public.file_invalid_rows.agency is 'Who delivered it.';
comment on column public.file_invalid_rows.file_name is 'The file that it stands in.';
comment on column public.file_invalid_rows.table_name is 'The table that it was meant for.';
comment on column public.file_invalid_rows.raw is 'The row byte for byte, without its line end; tally.readable(raw) shows it as text.';
comment on column public.file_invalid_rows.reasons is 'Every reason: [{column, value, rule, message}].';
comment on column public.file_invalid_rows.summary is 'The reasons in one line.';
comment on column public.file_invalid_rows.status is 'open, fixed (and so loaded) or dismissed.';

create table public.rating_history (
  agency text not null,
  business_date date not null,
  load_id bigint not null references tally.loads,
  count_customer_number bigint not null,
  sum_customer_rating bigint not null,
  high_value_count bigint not null,
  invalid_customer_number_count bigint not null,
  invalid_customer_number_percent numeric(5, 2) not null,
  primary key (agency, business_date)
);
comment on table public.rating_history is 'One row for each agency and business date: the rating aggregate as it was delivered for that day.';
comment on column public.rating_history.load_id is 'The load whose rows were counted: tally.loads.';

create function tally.readable(raw bytea) returns text
language plpgsql immutable strict parallel safe
as $$
begin
  return convert_from(raw, 'UTF8');
exception when others then
  return encode(raw, 'escape');
end
$$;
comment on function tally.readable(bytea) is 'The raw text of an invalid row: as UTF-8 where it is, else with its bytes escaped.';

create function tally.is_high_value(customer_status text) returns boolean
language sql immutable parallel safe
return lower(btrim(customer_status, E' \t\r\n')) = 'high-value';
comment on function tally.is_high_value(text) is 'Whether a customer status means high-value: case and surrounding blanks do not count.';

create function tally.invalid_percent(valid bigint, invalid bigint) returns numeric
language sql immutable parallel safe
return case when valid + invalid = 0 then 0.00 else round(invalid * 100.0 / (valid + invalid), 2) end;
comment on function tally.invalid_percent(bigint, bigint) is 'Invalid rows among all rows, in percent with two places; 0.00 where there is no row.';
