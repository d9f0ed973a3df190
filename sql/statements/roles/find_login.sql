-- Who asks, and whose the ledger is.
select
  session_user as login,
  owner.rolname as owner,
  (select rolsuper from pg_roles where rolname = session_user) as is_superuser,
  pg_has_role(session_user, owner.oid, 'member') as is_owner,
  pg_has_role(session_user, loader.oid, 'member') as is_loader
from pg_namespace
join pg_roles as owner on owner.oid = nspowner
cross join lateral (
  select rolname, oid from pg_roles where oid = (select relowner from pg_class where oid = to_regclass('public.file_invalid_rows'))
) as loader
where nspname = 'tally'
