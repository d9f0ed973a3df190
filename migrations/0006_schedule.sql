-- The schedule: which jobs there are, and one row for each moment at which one of them was due.

create table tally.jobs (
  job text primary key,
  cron text not null,
  time_zone text not null,
  planned_until timestamptz not null
);
comment on table tally.jobs is 'One row for each job of schedule.yaml, as a scheduler saw it last.';
comment on column tally.jobs.planned_until is 'All moments up to this one at which the job was due have a slot.';

create table tally.slots (
  slot_id bigint generated always as identity primary key,
  job text not null,
  slot timestamptz not null,
  by_hand boolean not null default false,
  state text not null default 'waiting' check (state in ('waiting', 'running', 'done', 'held', 'failed', 'missed')),
  attempts integer not null default 0,
  failures integer not null default 0,
  not_before timestamptz not null,
  claimed_by text,
  claimed_until timestamptz,
  started_at timestamptz,
  finished_at timestamptz,
  code text,
  message text,
  unique (job, slot),
  constraint closed_slots_have_an_end check ((state in ('waiting', 'running')) = (finished_at is null))
);
comment on table tally.slots is 'One row for each moment at which a job was due, or was begun by hand, and what came of it.';
comment on column tally.slots.job is 'The job of schedule.yaml.';
comment on column tally.slots.slot is 'When it was due; of one that was begun by hand, when that was.';
comment on column tally.slots.by_hand is 'Whether someone began it with tally schedule run.';
comment on column tally.slots.state is 'waiting: for its first attempt or the next; running; done, held, failed: as its last attempt; missed: it never began.';
comment on column tally.slots.attempts is 'How often it was begun. The runs of the attempts are those of tally.runs with this slot_id.';
comment on column tally.slots.failures is 'How many attempts failed; those that were interrupted by the end of the scheduler do not count.';
comment on column tally.slots.not_before is 'When the next attempt may begin.';
comment on column tally.slots.claimed_by is 'Which process began the last attempt: host and process id.';
comment on column tally.slots.claimed_until is 'So long other schedulers leave it to that process to begin.';
comment on column tally.slots.started_at is 'When its first attempt began.';
comment on column tally.slots.finished_at is 'When it was decided what came of it.';
comment on column tally.slots.code is 'Why it or its last attempt is not done, as one word.';
comment on column tally.slots.message is 'The same as a sentence.';

create index open_slots on tally.slots (job, slot) where state in ('waiting', 'running');

alter table tally.runs add column slot_id bigint references tally.slots on delete set null;
comment on column tally.runs.slot_id is 'The slot of the schedule that it is an attempt of; empty for commands of people.';
create index runs_of_slots on tally.runs (slot_id) where slot_id is not null;
