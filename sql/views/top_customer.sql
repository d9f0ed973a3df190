-- One row for each of the five customers of each agency with the most tickets, those with as many by their
-- reference. Another number of them: set tally.top_customers = 20.
with ticket as (
  select placed.agency, placed.customer_reference, count(*) as tickets
  from orders as placed
  join barcodes as sold
    on sold.agency = placed.agency and tally.same_reference(sold.order_reference, placed.order_reference)
  where placed.customer_reference is not null
  group by placed.agency, placed.customer_reference
),
ranked as (
  select
    agency,
    row_number() over (
      partition by agency
      order by
        tickets desc,
        tally.reference_number(customer_reference::text) nulls last,
        customer_reference::text collate "C"
    ) as rank,
    customer_reference,
    tickets
  from ticket
)
select agency, rank, customer_reference, tickets
from ranked
where rank <= coalesce(nullif(current_setting('tally.top_customers', true), '')::integer, 5)
