create table {{table}} (line_number bigint not null, raw bytea not null, reasons jsonb not null, summary text not null)
