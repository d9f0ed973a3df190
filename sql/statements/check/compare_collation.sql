-- Of the rules by which texts are sorted, the version that the database was made with and that of the system now.
select datcollversion as made_with, pg_database_collation_actual_version(oid) as now, datname
from pg_database
where datname = current_database()
