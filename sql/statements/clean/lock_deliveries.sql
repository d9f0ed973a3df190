-- Whoever loads one of them again, or only says that it came again, waits for the end of this transaction: its row in
-- tally.loads refers to the delivery.
select from tally.deliveries where delivery_id = any($1) for update
