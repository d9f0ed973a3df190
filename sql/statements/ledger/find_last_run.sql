select
  run.run_id, run.command, run.started_at, run.finished_at, run.outcome,
  count(load.load_id) filter (where load.outcome = 'loaded') as loaded,
  count(load.load_id) filter (where load.outcome = 'unchanged') as unchanged,
  count(load.load_id) filter (where load.outcome = 'held') as held,
  count(load.load_id) filter (where load.outcome = 'failed') as failed,
  count(load.load_id) filter (where load.outcome = 'skipped') as skipped
from tally.runs as run
left join tally.loads as load using (run_id)
where run.command in ('run', 'load')
group by run.run_id
order by run.run_id desc
limit 1
