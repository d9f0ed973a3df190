-- The sum of two hashes of each row, which does not depend on their order; in 4096 parts, so that where two
-- digests differ only a few rows have to be looked at.
select one & 4095 as bucket, count(*) as rows, sum(one) as one, sum(two) as two
from (
  select hashtextextended(content, 0) as one, hashtextextended(content, 1) as two
  from (select row({{columns}})::text as content from {{table}} where {{!condition}} offset 0) as row
  offset 0
) as hashed
group by one & 4095
