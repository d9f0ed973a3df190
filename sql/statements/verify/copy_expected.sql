copy expected_row ({{columns}}) from stdin with (encoding {{=encoding}})
