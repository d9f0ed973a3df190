set local lock_timeout = {{=patience}}
