select destination, selection from tally.destinations where destination = any($1::text[])
