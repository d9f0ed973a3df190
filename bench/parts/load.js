import { besidePsql } from '../beside.js';
import { RATING, ratings } from '../data.js';

export const about =
  'one file of ratings, whole process. psql always copies the clean file: it would refuse the others.';

export async function measure(server, { rows, times }, tell) {
  const { feed, columns } = RATING;
  const clean = ratings(server.data, rows);
  const shares = { clean: 0, '0.4 % invalid': 0.004, '10 % invalid': 0.1 };
  for (const [name, share] of Object.entries(shares)) {
    const file = ratings(server.data, rows, share);
    const measured = await besidePsql(server, times, { feed, file, copied: clean, columns, same: true });
    tell({ name, rows, ...measured });
  }
}
