-- A load that was published before its day's reports were written: whoever writes reports next owes them.

alter table tally.loads add column report_due boolean not null default false;
comment on column tally.loads.report_due is 'Whether the reports of its business date have not been written since it was published.';

create index loads_with_reports_due on tally.loads (load_id) where report_due;
