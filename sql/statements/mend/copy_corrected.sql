copy corrected_row ({{columns}}) from stdin with (encoding 'UTF8')
