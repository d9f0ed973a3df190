-- Rows that another load has overwritten since, or that came too late to overwrite one of a later business date.
delete from expected_row
where line_number in (
  select row.line_number
  from expected_row as row
  join {{agency_table}} as live using ({{columns}})
  join tally.loads as this on this.load_id = {{!load_id}}
  join tally.loads as other on other.load_id = live.load_id
  where other.feed = this.feed and other.agency = this.agency and other.outcome = 'loaded'
    and (
      (other.load_id > this.load_id and other.business_date >= this.business_date)
      or (other.load_id < this.load_id and other.business_date > this.business_date)
    )
)
