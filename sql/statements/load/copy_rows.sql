copy {{version}} ({{columns}}) from stdin
with (format text, freeze, delimiter {{=delimiter}}, null '', encoding {{=encoding}})
