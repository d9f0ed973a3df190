-- This commit need not reach the disk by itself: the one that publishes what it leaves takes it along.
set local synchronous_commit = off
