import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from '@jest/globals';
import { connectTo } from '../../src/warehouse/connect.js';
import { selectInBatches } from '../../src/warehouse/rows.js';
import { createWorkspace } from '../setup/workspace.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

test('rows of a select come in batches, of which none is kept when the next is there', async () => {
  const { url } = await createWorkspace();
  const client = await connectTo(url, 'test');
  const seen: WeakRef<object>[] = [];
  let count = 0;
  for await (const { rows } of selectInBatches(client, 'select generate_series(1, $1::int)', [20_500])) {
    count += rows.length;
    seen.push(new WeakRef(rows));
    if (count <= 20_000) continue;
    await turn();
    collectGarbage();
    // The one before may still be somewhere on its way.
    expect(seen.slice(0, -2).filter((each) => each.deref() !== undefined)).toEqual([]);
  }
  expect(count).toBe(20_500);
  expect(client.listenerCount('end')).toBe(0);
  await client.end();
});
