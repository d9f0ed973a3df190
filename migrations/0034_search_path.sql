-- A role called like the ledger's schema would make its own tables and views there; they belong beside the warehouse's.
do $$
begin
  if current_user = 'tally' then
    execute format('alter role tally in database %I set search_path = public', current_database());
  end if;
end
$$;
