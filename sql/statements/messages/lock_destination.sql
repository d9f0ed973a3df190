-- Until the end of the transaction nothing of the outbox is handed to the destination, and nothing settled.
select from tally.destinations where destination = $1 for update
