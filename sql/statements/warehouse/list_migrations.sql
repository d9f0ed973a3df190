select name from tally.migrations
