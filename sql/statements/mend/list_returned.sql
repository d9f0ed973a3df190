select line_number, given, reasons from offered_row where reasons is not null order by position
