copy {{table}} (line_number, raw, reasons, summary) from stdin with (format text, freeze)
