-- How references of customers, orders and barcodes are compared, whatever types their feeds declare.

-- Plain enough for PostgreSQL to put `=` over the columns themselves in its place: joins stay hash joins.
create function tally.same_reference(anycompatible, anycompatible) returns boolean
language sql immutable parallel safe
as 'select $1 = $2';
comment on function tally.same_reference(anycompatible, anycompatible) is 'Whether two references are the same: numbers as numbers, texts as texts.';

create function tally.same_reference(text, text) returns boolean
language sql immutable parallel safe
as 'select $1 = $2';
comment on function tally.same_reference(text, text) is 'Whether two references are the same text: 7 and 007 are not.';

create function tally.same_reference(text, anynonarray) returns boolean
language sql immutable parallel safe
as 'select $1 = $2::text';
comment on function tally.same_reference(text, anynonarray) is 'A text is the same as a number where it is written as PostgreSQL writes the number: 7 is, 007 is not.';

create function tally.same_reference(anynonarray, text) returns boolean
language sql immutable parallel safe
as 'select $1::text = $2';
comment on function tally.same_reference(anynonarray, text) is 'A text is the same as a number where it is written as PostgreSQL writes the number: 7 is, 007 is not.';

create function tally.reference_number(reference text) returns bigint
language sql immutable parallel safe
return case when reference ~ '^-?[0-9]{1,18}$' then reference::bigint end;
comment on function tally.reference_number(text) is 'What a reference sorts by first: its number where it is one, so that 9 comes before 10.';

comment on column public.file_invalid_rows.reasons is 'Every reason: [{column, value, rule, message}]; of a row that repeats another also first_line, where that stands.';
