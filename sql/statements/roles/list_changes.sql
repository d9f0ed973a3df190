-- What is left to do so that the roles are what they should be: one row for each statement, in the order in which they
-- can be done. $1: what their names begin with; $2: the tables of the schema public that the migrations make.
-- `in_reach` is what the owner can do; the rest is the administrator's, `is_of_login` because of who asks.
with wanted_role (what, name) as (
  values ('owner', $1 || '_owner'), ('loader', $1 || '_loader'), ('analyst', $1 || '_analyst')
),
role as (
  select what, name, oid, quote_ident(name) as quoted
  from wanted_role
  left join pg_roles on rolname = name
),
-- Tables whose rows come with loads: only who owns them can attach and detach their parts.
filled as (
  select to_regclass(format('public.%I', feed))::oid as oid from tally.feeds
  union
  select inhrelid
  from pg_inherits
  where inhparent in (select to_regclass(format('public.%I', feed)) from tally.feeds)
  union
  select to_regclass('public.file_invalid_rows')::oid
),
-- All relations that are ours, whose they are, and what may be done with them.
relation as (
  select
    c.oid, c.oid::regclass::text as quoted, c.relname, n.nspname, c.relowner, c.relacl,
    case when n.nspname = 'tally_version' or c.oid in (select oid from filled) then 'loader' else 'owner' end as belongs_to,
    case
      when n.nspname = 'tally' then coalesce(
        -- migrated: by migrations and views alone. recorded: added to and never changed. moving: changed while it goes on.
        (array['migrated', 'migrated', 'migrated', 'recorded', 'recorded', 'moving', 'moving', 'moving', 'moving'])[
          array_position(
            array['migrations', 'migrations_lock', 'views', 'verifications', 'feed_definitions', 'reports', 'runs', 'deliveries', 'loads'],
            c.relname::text
          )
        ],
        'working'
      )
      when n.nspname = 'tally_version' then 'version'
      when c.oid in (select oid from filled) then 'filled'
      when c.relkind = 'v' then 'view'
      else 'kept'
    end as kind
  from pg_class as c
  join pg_namespace as n on n.oid = c.relnamespace
  where (n.nspname in ('tally', 'tally_version') and c.relkind in ('r', 'p', 'v'))
    or (n.nspname = 'public' and (
      c.oid in (select oid from filled)
      or (c.relname = any($2) and c.relkind in ('r', 'p'))
      or (c.relkind = 'v' and c.relname in (select view from tally.views))
    ))
),
-- What a load, a delivery, a run and a report are of is written once; how they go on is not.
fixed (relname, attname) as (
  values
    ('runs', 'run_id'), ('runs', 'command'), ('runs', 'host'), ('runs', 'process_id'), ('runs', 'version'), ('runs', 'started_at'),
    ('deliveries', 'delivery_id'), ('deliveries', 'feed'), ('deliveries', 'agency'), ('deliveries', 'business_date'),
    ('deliveries', 'size_bytes'), ('deliveries', 'sha256'), ('deliveries', 'found_at'),
    ('loads', 'load_id'), ('loads', 'run_id'), ('loads', 'delivery_id'), ('loads', 'feed'), ('loads', 'agency'),
    ('loads', 'business_date'), ('loads', 'file_name'), ('loads', 'table_name'), ('loads', 'feed_md5'),
    ('loads', 'started_at'), ('loads', 'time_zone'),
    ('reports', 'report_id'), ('reports', 'run_id'), ('reports', 'report'), ('reports', 'report_date'),
    ('reports', 'file_name'), ('reports', 'rows'), ('reports', 'sha256'), ('reports', 'written_at')
),
-- Rows that nobody has checked can hold anything, so analysts count invalid rows and do not read them.
withheld (relname) as (values ('file_invalid_rows'), ('invalid_summary'), ('open_reason')),
counted (relname, attname) as (
  select 'file_invalid_rows', unnest(array['load_id', 'line_number', 'feed', 'agency', 'file_name', 'table_name', 'encoding', 'status'])
),
-- What analysts see of the ledger.
shown (relname) as (
  select unnest(array['agencies', 'feeds', 'runs', 'deliveries', 'loads', 'versions', 'reports'])
),
wanted as (
  select 'loader' as what, relation.oid, null::name as attname, privilege
  from relation
  join (
    values
      ('migrated', 'SELECT'), ('recorded', 'SELECT'), ('recorded', 'INSERT'), ('moving', 'SELECT'), ('moving', 'INSERT'),
      ('working', 'SELECT'), ('working', 'INSERT'), ('working', 'UPDATE'), ('working', 'DELETE'),
      ('kept', 'SELECT'), ('kept', 'INSERT'), ('kept', 'UPDATE'), ('kept', 'DELETE'), ('view', 'SELECT')
  ) as may (kind, privilege) using (kind)
  union all
  select 'loader', relation.oid, a.attname, 'UPDATE'
  from relation
  join pg_attribute as a on a.attrelid = relation.oid and a.attnum > 0 and not a.attisdropped
  where kind = 'moving' and not exists (select from fixed where fixed.relname = relation.relname and fixed.attname = a.attname)
  union all
  select 'analyst', relation.oid, null, 'SELECT'
  from relation
  where (kind in ('filled', 'kept', 'view') and relname not in (select relname from withheld))
    or (nspname = 'tally' and relname in (select relname from shown))
  union all
  select 'analyst', relation.oid, counted.attname, 'SELECT'
  from relation
  join counted using (relname)
  where nspname = 'public'
),
granted as (
  select role.what, relation.oid, null::name as attname, acl.privilege_type as privilege
  from relation
  cross join lateral aclexplode(relation.relacl) as acl
  join role on role.oid = acl.grantee
  where acl.grantee <> relation.relowner
  union all
  select role.what, relation.oid, a.attname, acl.privilege_type
  from relation
  join pg_attribute as a on a.attrelid = relation.oid and not a.attisdropped
  cross join lateral aclexplode(a.attacl) as acl
  join role on role.oid = acl.grantee
),
-- One statement for each relation and role, whatever it lacks or has too much.
grants as (
  select
    case when is_lacking then 'grant' else 'revoke' end as verb, what, oid,
    string_agg(
      distinct lower(privilege) || case when attname is null then '' else format(' (%s)', columns) end,
      ', '
    ) as privileges
  from (
    select
      *,
      string_agg(quote_ident(attname), ', ') filter (where attname is not null) over (partition by is_lacking, what, oid, privilege) as columns
    from (
      (select true as is_lacking, * from (table wanted except table granted) as lacking)
      union all
      (select false, * from (table granted except table wanted) as surplus)
    ) as difference
  ) as difference
  group by is_lacking, what, oid
),
change (step, in_reach, statement) as (
  select 1, false, format('create role %s nologin', quoted) from role where oid is null
  union all
  select 2, false, format('grant %s to %s', loader.quoted, owner.quoted)
  from role as owner
  join role as loader on loader.what = 'loader'
  where owner.what = 'owner'
    and not exists (select from pg_auth_members where roleid = loader.oid and member = owner.oid)
  union all
  -- Only who is one of them can give something to them.
  select 3, false, format('grant %s to %I', owner.quoted, session_user)
  from role as owner
  where owner.what = 'owner'
    and not (select rolsuper from pg_roles where rolname = session_user)
    and not coalesce(
      pg_has_role(session_user, owner.oid, case when current_setting('server_version_num')::int >= 160000 then 'SET' else 'MEMBER' end),
      false
    )
  union all
  select 4, false, format('grant %s on database %I to %s', lower(string_agg(privilege, ', ' order by privilege)), current_database(), role.quoted)
  from (
    values
      ('owner', 'CONNECT'), ('owner', 'CREATE'), ('owner', 'TEMPORARY'), ('loader', 'CONNECT'), ('loader', 'TEMPORARY'), ('analyst', 'CONNECT')
  ) as may (what, privilege)
  join role using (what)
  where not exists (
    select
    from pg_database
    cross join lateral aclexplode(datacl) as acl
    where datname = current_database() and acl.grantee = role.oid and acl.privilege_type = privilege
  )
  group by role.quoted
  union all
  select 5, false, format('grant %s on schema %I to %s', lower(string_agg(privilege, ', ' order by privilege)), nspname, role.quoted)
  from (
    values
      ('owner', 'public', 'USAGE'), ('owner', 'public', 'CREATE'),
      ('loader', 'public', 'USAGE'), ('loader', 'public', 'CREATE'), ('loader', 'tally', 'USAGE'),
      ('loader', 'tally_version', 'USAGE'), ('loader', 'tally_version', 'CREATE'),
      ('analyst', 'public', 'USAGE'), ('analyst', 'tally', 'USAGE')
  ) as may (what, nspname, privilege)
  join role using (what)
  where not exists (
    select
    from pg_namespace as n
    cross join lateral aclexplode(n.nspacl) as acl
    where n.nspname = may.nspname and acl.grantee = role.oid and acl.privilege_type = privilege
  )
  group by nspname, role.quoted
  union all
  select 6, false, format('alter schema %I owner to %s', nspname, role.quoted)
  from pg_namespace
  join role on role.what = 'owner'
  where nspname in ('tally', 'tally_version') and nspowner is distinct from role.oid
  union all
  select 7, false, format('alter table %s owner to %s', relation.quoted, role.quoted)
  from relation
  join role on role.what = relation.belongs_to
  where relation.relowner is distinct from role.oid
  union all
  select 8, false, format('alter function %s owner to %s', p.oid::regprocedure, role.quoted)
  from pg_proc as p
  join role on role.what = 'owner'
  where p.pronamespace = 'tally'::regnamespace and p.proowner is distinct from role.oid
  union all
  select
    9, relation.relowner in (select oid from role),
    format(
      '%s %s on %s %s %s',
      verb, privileges, relation.quoted, case verb when 'grant' then 'to' else 'from' end, role.quoted
    )
  from grants
  join relation using (oid)
  join role using (what)
  union all
  -- Tomorrow's agencies: their tables are the loader's, and analysts read them from the first moment on.
  select 10, false, format('alter default privileges for role %s in schema public grant select on tables to %s', loader.quoted, analyst.quoted)
  from role as loader
  join role as analyst on analyst.what = 'analyst'
  where loader.what = 'loader'
    and not exists (
      select
      from pg_default_acl
      cross join lateral aclexplode(defaclacl) as acl
      where defaclrole = loader.oid and defaclnamespace = 'public'::regnamespace and defaclobjtype = 'r'
        and acl.grantee = analyst.oid and acl.privilege_type = 'SELECT'
    )
)
select step, in_reach, step = 3 as is_of_login, statement from change order by step, statement
