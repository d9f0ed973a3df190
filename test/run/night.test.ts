import { expect, test } from '@jest/globals';
import { createWorkspace } from '../setup/workspace.js';

test('a night: files become tables, bad rows a list, and the day a report', async () => {
  const workspace = await createWorkspace();
  workspace.write(
    'inbox/Customer Rating Agency A Inc.csv',
    'customer_number,customer_rating,customer_rating_limit,customer_status\r\n1,10,100,high-value\r\nx,20,100,new\r\n',
  );
  const summary = await workspace.run();
  expect(summary.loads).toMatchObject([{ outcome: 'loaded', rowsRead: 2, rowsLoaded: 1, rowsInvalid: 1 }]);
  expect(
    await workspace.query('select customer_number, customer_status from customer_rating_agency_a'),
  ).toEqual([{ customer_number: 1, customer_status: 'high-value' }]);
  expect(workspace.read('output/Customer_Rating_Aggregate_Report_20261120.csv')).toContain(
    'agency_a,1,10,1,1,50.00\n',
  );
  expect(workspace.list('inbox')).toEqual([]);

  const second = await workspace.run();
  expect(second.loads).toEqual([]);
  expect(second.reports).toMatchObject([{ same: true }]);
});
