-- Invalid rows say in which encoding their bytes are, so that they can be read whatever the file was written in.

alter table public.file_invalid_rows add column encoding text not null default 'utf-8';
comment on column public.file_invalid_rows.encoding is 'How the bytes of raw are encoded: utf-8, utf-16le, utf-16be, latin1 or windows-1252.';
comment on column public.file_invalid_rows.raw is 'The row byte for byte as it stands in the (unpacked) file, without its line end; tally.readable(raw, encoding) shows it as text.';

create function tally.readable_utf16(raw bytea, is_big_endian boolean) returns text
language plpgsql immutable strict parallel safe
as $$
declare
  -- A copy: what is stored packed would be unpacked again for each byte.
  bytes bytea := raw || ''::bytea;
  high integer := case when is_big_endian then 0 else 1 end;
begin
  return (
    with units as (
      select i, get_byte(bytes, 2 * i + high) * 256 + get_byte(bytes, 2 * i + 1 - high) as unit
      from generate_series(0, length(bytes) / 2 - 1) as i
    ),
    neighbours as (
      select
        i,
        unit,
        unit between 55296 and 56319 as is_first,
        unit between 56320 and 57343 as is_second,
        coalesce(lag(unit) over (order by i) between 55296 and 56319, false) as follows_first,
        lead(unit) over (order by i) as next
      from units
    )
    select coalesce(string_agg(
      case
        when is_first and next between 56320 and 57343 then chr(65536 + (unit - 55296) * 1024 + next - 56320)
        when is_second and follows_first then ''
        when is_first or is_second then '\u' || to_hex(unit)
        when unit = 0 then '\x00'
        else chr(unit)
      end, '' order by i), '')
    from neighbours
  );
end
$$;
comment on function tally.readable_utf16(bytea, boolean) is 'UTF-16 as text: NUL as \x00, and half of a surrogate pair, which is no character, as \ud800.';

-- A block with exceptions cannot run while others work in parallel (seen on PostgreSQL 15).
create function tally.readable(raw bytea, encoding text) returns text
language plpgsql immutable strict parallel unsafe
as $$
begin
  return case encoding
    when 'utf-16le' then tally.readable_utf16(raw, false)
    when 'utf-16be' then tally.readable_utf16(raw, true)
    when 'latin1' then convert_from(raw, 'LATIN1')
    when 'windows-1252' then convert_from(raw, 'WIN1252')
    else convert_from(raw, 'UTF8')
  end;
exception when others then
  return encode(raw, 'escape');
end
$$;
comment on function tally.readable(bytea, text) is 'The raw text of an invalid row, read in its encoding; with its bytes escaped where it has others.';
comment on function tally.readable(bytea) is 'Raw bytes as UTF-8 where they are, else escaped; with the encoding as a second argument, read in that.';
alter function tally.readable(bytea) parallel unsafe;
