# pandas and psycopg2: read as text, convert by column, COPY or INSERT what is valid; invalid rows go to a table too.
#   python3 pandas-psycopg2.py FILE URL copy|insert
import io
import sys

import pandas
import psycopg2
from psycopg2.extras import execute_values

NUMBERS = ["customer_number", "customer_rating", "customer_rating_limit"]
COLUMNS = NUMBERS + ["customer_status"]

file, url, how = sys.argv[1:]
rows = pandas.read_csv(file, dtype=str, keep_default_na=False)
numbers = rows[NUMBERS].apply(pandas.to_numeric, errors="coerce")
status = rows["customer_status"]
valid = (
    numbers.notna().all(axis=1)
    & (numbers % 1 == 0).all(axis=1)
    & (numbers.abs() < 2**31).all(axis=1)
    & status.str.len().between(1, 25)
)

good = numbers[valid].astype("int64").assign(customer_status=status[valid])
invalid = [
    (int(index) + 2, ",".join(row), "not a number, or out of range")
    for index, row in zip(rows.index[~valid], rows[~valid].itertuples(index=False, name=None))
]

with psycopg2.connect(url) as connection, connection.cursor() as cursor:
    cursor.execute("truncate peer_rating, peer_invalid")
    if how == "copy":
        text = io.StringIO()
        good.to_csv(text, index=False, header=False)
        text.seek(0)
        cursor.copy_expert(f"copy peer_rating ({', '.join(COLUMNS)}) from stdin with (format csv)", text)
    else:
        values = good.itertuples(index=False, name=None)
        execute_values(cursor, f"insert into peer_rating ({', '.join(COLUMNS)}) values %s", values, page_size=1000)
    execute_values(cursor, "insert into peer_invalid (line, raw, reason) values %s", invalid, page_size=1000)
connection.close()
