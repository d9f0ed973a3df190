-- What a report was made of, so that what is up to date is not made again.

alter table tally.reports add column made_of text;
comment on column tally.reports.made_of is 'A digest of its sources: its text and that of the views, the loads that were live, and how many of their rows had been corrected. The same digest, the same bytes. Empty where what it reads is not known.';
create index on tally.reports (report, made_of);
