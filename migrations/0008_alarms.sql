-- Alarms: what people are told of the ledger, once each, and whether they have been.

create table tally.alarms (
  alarm_id bigint generated always as identity primary key,
  key text not null unique,
  kind text not null check (kind in ('failed', 'held', 'late', 'recovered', 'invalid_share')),
  feed text,
  agency text,
  business_date date,
  run_id bigint references tally.runs,
  load_id bigint references tally.loads,
  code text,
  file_name text,
  what text not null,
  numbers jsonb not null default '{}',
  next_command text,
  raised_at timestamptz not null,
  recovered_at timestamptz
);
comment on table tally.alarms is 'One row for each thing that people are to be told: a load or run that failed, a load that was held, data that is late, a recovery, a rise of the invalid share.';
comment on column tally.alarms.key is 'What it is about: the same thing is told once, whoever notices it.';
comment on column tally.alarms.code is 'Why, as one word: that of the load, or of the error.';
comment on column tally.alarms.what is 'What happened, as a sentence.';
comment on column tally.alarms.numbers is 'The numbers that belong to it: rows, percentages, dates.';
comment on column tally.alarms.next_command is 'The command to run next; empty where nothing is to be done.';
comment on column tally.alarms.recovered_at is 'When its agency and feed (or, without them, its command) were found well again; empty while they are not.';
create index open_alarms on tally.alarms (feed, agency) where recovered_at is null and kind in ('failed', 'held', 'late');

create table tally.alarm_sends (
  alarm_id bigint not null references tally.alarms,
  channel text not null,
  attempts integer not null default 0,
  next_attempt_at timestamptz not null,
  claimed_until timestamptz,
  sent_at timestamptz,
  given_up_at timestamptz,
  last_error text,
  primary key (alarm_id, channel)
);
comment on table tally.alarm_sends is 'One row for each alarm and channel: whether it has been sent.';
comment on column tally.alarm_sends.channel is 'webhook, slack or mail: those that were set when the alarm was raised.';
comment on column tally.alarm_sends.attempts is 'How often it was tried; counted before the try.';
comment on column tally.alarm_sends.claimed_until is 'While a process tries, no other does; one that died gives it back at this time.';
comment on column tally.alarm_sends.given_up_at is 'When the last attempt had failed; tally alarms send tries it again.';
create index waiting_alarm_sends on tally.alarm_sends (channel, alarm_id) where sent_at is null;

-- What was there before alarms were is not told any more.
alter table tally.runs add column watched boolean not null default true;
alter table tally.runs alter column watched set default false;
alter table tally.runs add column errors jsonb not null default '[]';
comment on column tally.runs.watched is 'Whether its end was looked at for alarms.';
comment on column tally.runs.errors is 'What went wrong beside its loads: [{code, message, hint}].';
create index runs_not_watched on tally.runs (run_id) where not watched;

alter table tally.loads add column watched boolean not null default true;
alter table tally.loads alter column watched set default false;
comment on column tally.loads.watched is 'Whether its outcome was looked at for alarms.';
create index loads_not_watched on tally.loads (load_id) where not watched;
