copy {{version}} ({{columns}}) from stdin
with (format csv, freeze, delimiter {{=delimiter}}, quote {{=quote}}, null '', force_null ({{columns}}), encoding {{=encoding}})
