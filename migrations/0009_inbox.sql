-- What manifests say is held against rows; the archive is packed.

alter table tally.loads add column control jsonb;
comment on column tally.loads.control is 'What the manifest of the delivery says of its rows, and what they were held against: {rows, totals}.';

alter table tally.deliveries add column archived_packed_at timestamptz;
comment on column tally.deliveries.archived_packed_at is 'When the archive packed it with gzip, if it did; size and checksum are those of the file as it was delivered.';
comment on column tally.deliveries.archived_as is 'Where the file lies now, below the archive folder, or as s3:// where it lies elsewhere; empty while it is not archived.';
