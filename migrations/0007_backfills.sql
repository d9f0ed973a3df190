-- Backfills: past business dates whose archived deliveries are loaded again.

create table tally.backfills (
  backfill_id bigint generated always as identity primary key,
  feed text not null,
  agency text,
  from_date date not null,
  to_date date not null,
  rules_sha256 text not null,
  started_at timestamptz not null,
  finished_at timestamptz,
  outcome text check (outcome in ('done', 'given_up')),
  constraint some_days check (from_date <= to_date),
  constraint finished_with_an_outcome check ((outcome is null) = (finished_at is null))
);
comment on table tally.backfills is 'One row for each backfill: the past business dates of a feed, whose archived deliveries are replayed.';
comment on column tally.backfills.feed is 'The feed.';
comment on column tally.backfills.agency is 'The agency; empty: all.';
comment on column tally.backfills.from_date is 'The first business date.';
comment on column tally.backfills.to_date is 'The last one.';
comment on column tally.backfills.rules_sha256 is 'What the feed and its histories were when it began: with others it does not go on.';
comment on column tally.backfills.started_at is 'When it began.';
comment on column tally.backfills.finished_at is 'When the last delivery was replayed. Empty: it was interrupted, or some failed; the same command goes on.';
comment on column tally.backfills.outcome is 'done; or given_up: begun anew before it was done.';
create unique index one_open_backfill on tally.backfills (feed, coalesce(agency, ''), from_date, to_date)
where finished_at is null;

alter table tally.loads add column backfill_id bigint references tally.backfills;
comment on column tally.loads.backfill_id is 'The backfill that loaded the delivery again; empty for a delivery that came.';
create index loads_of_backfills on tally.loads (backfill_id) where backfill_id is not null;
