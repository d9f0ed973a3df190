delete from {{version}} as row using repeated_row where row.line_number = repeated_row.line_number
