-- report: Customer_Rating_Aggregate_Report_{date:YYYYMMDD}.csv
-- feed: customer_rating
-- One line for each agency that had been loaded by the report's date ($1), as it was then. Columns that begin
-- with _ go to the manifest.
with latest as (
  select distinct on (agency) *
  from rating_history
  where business_date <= $1::date
  order by agency, business_date desc
)
select
  agency as customer,
  count_customer_number,
  sum_customer_rating,
  high_value_count,
  invalid_customer_number_count,
  invalid_customer_number_percent,
  load_id as _load_id,
  business_date::text as _business_date
from latest
order by agency collate "C"
