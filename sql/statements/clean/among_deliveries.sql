-- The deliveries $2, and others of the same content for the same day: their file may be the same.
(feed, business_date, sha256) in (
  select feed, business_date, sha256 from tally.deliveries where delivery_id = any($2)
)
