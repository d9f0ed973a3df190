-- To migrate and to build views is the owner's work, where `tally db roles` has made one and we may be it.
select set_config('role', owner.rolname, {{!is_local}})
from pg_namespace
join pg_roles as owner on owner.oid = nspowner
where nspname = 'tally' and not owner.rolcanlogin and pg_has_role(session_user, owner.oid, 'member')
