select definition, mode from tally.feeds where feed = $1
