-- The business dates whose history counts the rows of a load: its own, and later ones that delivered the same content
-- while it was what readers saw.
select later.load_id, later.business_date::text
from tally.loads as load
join tally.loads as later on later.feed = load.feed and later.agency = load.agency
left join tally.deliveries as delivery on delivery.delivery_id = load.delivery_id
left join tally.deliveries as again on again.delivery_id = later.delivery_id
where load.load_id = $1
  and (
    later.load_id = load.load_id
    or (
      later.outcome = 'unchanged' and later.load_id > load.load_id and again.sha256 = delivery.sha256
      and not exists (
        select
        from tally.loads as other
        where other.feed = load.feed and other.agency = load.agency and other.outcome = 'loaded' and other.live
          and other.load_id > load.load_id and other.load_id < later.load_id
          and (other.rolled_back_at is null or other.rolled_back_at > later.started_at)
      )
    )
  )
order by later.load_id
