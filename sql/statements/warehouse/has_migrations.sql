select to_regclass('tally.migrations') is not null as there
