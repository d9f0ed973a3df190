select coalesce(sum(count), 0) as count, coalesce(sum(bytes), 0) as bytes from ({{!rows}}) as row
