-- Messages: what each destination was last told, and what it is still to be told.

alter table tally.loads add column messages_due boolean not null default false;
comment on column tally.loads.messages_due is 'Whether its messages have not been put into the outbox since it was published: whoever fills the outbox next owes them.';
create index loads_with_messages_due on tally.loads (load_id) where messages_due;

create table tally.destinations (
  destination text primary key,
  selection text,
  tried_up_to bigint not null default 0,
  sent bigint not null default 0,
  last_sent_at timestamptz,
  down_since timestamptz,
  last_error text
);
comment on table tally.destinations is 'One row for each destination of messages that was ever declared in destinations.yaml.';
comment on column tally.destinations.destination is 'Its name.';
comment on column tally.destinations.selection is 'Which messages it was filled with last; where the declaration says otherwise, everything is compared anew.';
comment on column tally.destinations.tried_up_to is 'Up to here messages of the outbox may have reached it, confirmed or not.';
comment on column tally.destinations.sent is 'How many messages it has confirmed.';
comment on column tally.destinations.last_sent_at is 'When it confirmed the last one.';
comment on column tally.destinations.down_since is 'Since when it cannot be reached; empty while it can.';
comment on column tally.destinations.last_error is 'What was said when it could not be reached.';

create table tally.outbox (
  outbox_id bigint generated always as identity primary key,
  destination text not null references tally.destinations,
  kind text not null check (kind in ('customer', 'error')),
  agency text not null,
  subject text not null,
  customer_reference text,
  lane text not null,
  message_id uuid not null default gen_random_uuid(),
  type text not null,
  document text not null,
  digest uuid,
  state text not null default 'waiting' check (state in ('waiting', 'parked')),
  tries integer not null default 0,
  next_try_at timestamptz,
  last_error text,
  follows_tried boolean not null default false,
  created_at timestamptz not null,
  unique (destination, kind, agency, subject)
);
comment on table tally.outbox is 'One row for each message that a destination has not confirmed yet. A newer message about the same subject takes its place.';
comment on column tally.outbox.outbox_id is 'The order in which they go out.';
comment on column tally.outbox.destination is 'Where it goes: tally.destinations.';
comment on column tally.outbox.kind is 'customer: about a customer; error: about a faulty order or item.';
comment on column tally.outbox.agency is 'Whose data it is about.';
comment on column tally.outbox.subject is 'What it is about: the customer reference; of an error a digest of its document, with a number where the same occurs several times.';
comment on column tally.outbox.customer_reference is 'The customer, where there is one.';
comment on column tally.outbox.lane is 'Messages of one agency and lane are sent one after the other: the customer, or what stands for it.';
comment on column tally.outbox.message_id is 'The same at each try, so that a consumer can drop repeats.';
comment on column tally.outbox.type is 'customer_message, error_message or error_resolved_message.';
comment on column tally.outbox.document is 'The message as it is sent.';
comment on column tally.outbox.digest is 'A digest of the document; empty for an error that is resolved.';
comment on column tally.outbox.state is 'waiting, or parked: not tried again until someone asks (tally messages retry).';
comment on column tally.outbox.tries is 'How often the destination refused it.';
comment on column tally.outbox.next_try_at is 'Not before then, after it was refused.';
comment on column tally.outbox.last_error is 'Why it was refused last.';
comment on column tally.outbox.follows_tried is 'Whether it took the place of a message that may have reached the destination: then it goes, even if it says what was confirmed last.';
comment on column tally.outbox.created_at is 'When it was written.';
create index on tally.outbox (destination, outbox_id) where state = 'waiting';
create index on tally.outbox (destination, agency, lane) where next_try_at is not null;

create table tally.sent_messages (
  destination text not null references tally.destinations,
  kind text not null,
  agency text not null,
  subject text not null,
  customer_reference text,
  lane text not null,
  message_id uuid not null,
  document text not null,
  digest uuid not null,
  sent_at timestamptz not null,
  primary key (destination, kind, agency, subject)
);
comment on table tally.sent_messages is 'One row for each subject of a destination: the last message about it that the destination has confirmed. An error that was told as resolved has none.';
comment on column tally.sent_messages.destination is 'Who confirmed it: tally.destinations.';
comment on column tally.sent_messages.kind is 'customer or error.';
comment on column tally.sent_messages.agency is 'Whose data it is about.';
comment on column tally.sent_messages.subject is 'What it is about, as in tally.outbox.';
comment on column tally.sent_messages.customer_reference is 'The customer, where there is one.';
comment on column tally.sent_messages.lane is 'As in tally.outbox.';
comment on column tally.sent_messages.message_id is 'The id that it was sent with.';
comment on column tally.sent_messages.document is 'The message as it was sent.';
comment on column tally.sent_messages.digest is 'A digest of the document.';
comment on column tally.sent_messages.sent_at is 'When it was confirmed.';
