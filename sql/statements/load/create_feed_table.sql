create table {{table}} (
  {{!columns}}
) partition by list (agency)
