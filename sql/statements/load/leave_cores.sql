-- A second connection is at work: with more processes than cores each waits for the others, and both take longer.
select set_config(
  'max_parallel_workers_per_gather',
  least({{!workers}}, current_setting('max_parallel_workers_per_gather')::integer)::text,
  true
)
