create schema if not exists tally
