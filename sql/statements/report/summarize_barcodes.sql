-- $1: an agency, or null for all of them.
select * from barcode_summary where $1::text is null or agency = $1 order by agency collate "C"
