-- What every destination should know: computed once, compared with each.
create temporary table wanted (
  kind text not null,
  agency text not null,
  subject text not null,
  customer_reference text,
  lane text not null,
  document text not null,
  digest uuid not null
) on commit drop
