fetch 10000 from repeated_rows
