-- Jobs of the schedule that were not done are told like loads and runs; what was there before is not told any more.

alter table tally.slots add column watched boolean not null default true;
alter table tally.slots alter column watched set default false;
comment on column tally.slots.watched is 'Whether its end was looked at for alarms.';
create index slots_not_watched on tally.slots (slot_id) where not watched and finished_at is not null;

alter table tally.alarms add column job text;
comment on column tally.alarms.job is 'The job of schedule.yaml that it is about; empty where it is about none.';
