-- What `tally verify` needs to read a delivery again as it was read then, and what it found.

create table tally.feed_definitions (
  feed_md5 text primary key,
  feed text not null,
  definition jsonb not null,
  first_used_at timestamptz not null default now()
);
comment on table tally.feed_definitions is 'One row for each declaration that a feed ever had: a delivery is verified by the one it was loaded by.';
comment on column tally.feed_definitions.feed_md5 is 'The md5 of the declaration, as in tally.loads.feed_md5.';
comment on column tally.feed_definitions.feed is 'The feed.';
comment on column tally.feed_definitions.definition is 'The declaration, as in tally.feeds.';
comment on column tally.feed_definitions.first_used_at is 'When a command first met it.';

insert into tally.feed_definitions (feed_md5, feed, definition, first_used_at)
select md5(definition::text), feed, definition, updated_at from tally.feeds;

alter table tally.loads add column time_zone text;
comment on column tally.loads.time_zone is 'The time zone in which times without one were read; empty for loads of before this was kept.';

create table tally.verifications (
  verification_id bigint generated always as identity primary key,
  load_id bigint not null references tally.loads,
  verified_at timestamptz not null,
  seconds numeric(12, 3) not null,
  version text not null,
  row_for_row boolean not null,
  outcome text not null check (outcome in ('verified', 'different', 'unverifiable')),
  code text,
  message text,
  sha256 text,
  rows_read bigint,
  rows_loaded bigint,
  rows_invalid bigint,
  rows_repeated bigint,
  file_digest text,
  table_digest text,
  differences bigint not null,
  found jsonb not null default '[]'
);
comment on table tally.verifications is 'One row for each time that a load was verified: its delivery read again and compared with the warehouse.';
comment on column tally.verifications.load_id is 'The load that was verified: tally.loads.';
comment on column tally.verifications.verified_at is 'When it was done.';
comment on column tally.verifications.seconds is 'How long it took.';
comment on column tally.verifications.version is 'The version of Tallyhouse that verified.';
comment on column tally.verifications.row_for_row is 'Whether all rows were compared one by one (--rows), not only their digests.';
comment on column tally.verifications.outcome is 'verified: file and warehouse agree; different: they do not; unverifiable: it could not be told, because something is no longer there.';
comment on column tally.verifications.code is 'Why it is not verified, as one word.';
comment on column tally.verifications.message is 'The same as a sentence.';
comment on column tally.verifications.sha256 is 'The checksum of the file as it was found.';
comment on column tally.verifications.rows_read is 'Rows of the file, counted anew.';
comment on column tally.verifications.rows_loaded is 'Of those, the rows that belong into the table.';
comment on column tally.verifications.rows_invalid is 'Of those, the rows that belong into file_invalid_rows.';
comment on column tally.verifications.rows_repeated is 'Of the rows that belong into the table: those that an earlier load or line had brought already.';
comment on column tally.verifications.file_digest is 'A digest of the rows that the table should have of this load, whatever their order.';
comment on column tally.verifications.table_digest is 'The same of the rows that it has.';
comment on column tally.verifications.differences is 'How many differences there are.';
comment on column tally.verifications.found is 'The first of them: [{kind, line, row, columns, message}].';

create index on tally.verifications (load_id, verified_at);
