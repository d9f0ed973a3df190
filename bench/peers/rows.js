import { createReadStream } from 'node:fs';
import { parse } from 'csv-parse';
import { z } from 'zod';

// What two of the peers have in common: csv-parse and a zod schema, as they are usually put together.

const text = z.string().min(1);
const integer = text
  .regex(/^\s*[+-]?\d+\s*$/)
  .transform(Number)
  .pipe(z.int32());
const rating = z.object({
  customer_number: integer,
  customer_rating: integer,
  customer_rating_limit: integer,
  customer_status: text.max(25),
});

export const COLUMNS = Object.keys(rating.shape);

/** `{ row }` or `{ line, raw, reason }` for each record of a file. */
export async function* readRatings(file) {
  const records = createReadStream(file).pipe(
    parse({ columns: true, info: true, raw: true, relax_column_count: true }),
  );
  for await (const { record, info, raw } of records) {
    const parsed = rating.safeParse(record);
    if (parsed.success) yield { row: parsed.data };
    else
      yield {
        line: info.lines,
        raw,
        reason: parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; '),
      };
  }
}
