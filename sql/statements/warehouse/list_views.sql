select view, sha256 from tally.views
