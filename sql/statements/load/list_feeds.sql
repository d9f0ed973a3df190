select feed, definition, mode from tally.feeds
