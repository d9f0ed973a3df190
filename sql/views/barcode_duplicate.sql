-- One row for each agency and barcode that occurs more than once in the file: the line that counts, and the later ones.
select
  agency,
  (array_agg(value order by line_number))[1] as barcode,
  first_line,
  array_agg(line_number order by line_number) as later_lines
from open_reason
where feed = 'barcodes' and column_name = 'barcode' and rule = 'unique'
group by agency, load_id, first_line
