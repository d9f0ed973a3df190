insert into tally.deliveries (feed, agency, business_date, file_name, size_bytes, sha256, found_at)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict (feed, agency, business_date, sha256) do update set file_name = excluded.file_name
returning delivery_id
