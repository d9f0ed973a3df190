import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parsePattern, type Pattern } from '../../src/feeds/pattern.js';

function pattern(text: string): Pattern {
  const parsed = parsePattern(text);
  if ('fault' in parsed) throw new Error(parsed.fault);
  return parsed;
}

describe('a file name', () => {
  test.each([
    ['Customer Rating {agency} Inc.csv', 'Customer Rating Agency A Inc.csv', { agency: 'Agency A', day: undefined }],
    ['customer_rating_{agency}_{date:YYYYMMDD}.csv', 'customer_rating_agency_a_20261121.csv', { agency: 'agency_a', day: '2026-11-21' }],
    ['orders_{date:DDMMYYYY}.csv', 'orders_21112026.csv', { agency: undefined, day: '2026-11-21' }],
    ['{agency}/orders_{date:YYYY-MM-DD}.csv', 'agency_b/orders_2026-11-21.csv', { agency: 'agency_b', day: '2026-11-21' }],
    ['{date:DD.MM.YYYY}/*.csv', '21.11.2026/anything at all.csv', { agency: undefined, day: '2026-11-21' }],
    ['*_{agency}.csv', 'x_y_b.csv', { agency: 'b', day: undefined }],
    ['{agency}_*.csv', 'b_x_y.csv', { agency: 'b', day: undefined }],
    ['orders.csv', 'ORDERS.CSV', { agency: undefined, day: undefined }],
    ['Orders_{agency}.csv', 'orders_AGENCY.Csv', { agency: 'AGENCY', day: undefined }],
    ['a+b(c)[d]^$|.csv', 'a+b(c)[d]^$|.csv', { agency: undefined, day: undefined }],
    ['orders_{date:YYYYMMDD}.csv', 'orders_20261121.csv.gz', { agency: undefined, day: '2026-11-21' }],
    ['orders_{agency}.csv', 'Orders_b.CSV.ZST', { agency: 'b', day: undefined }],
    ['{agency}/orders.csv', 'agency_b/orders.csv.zip', { agency: 'agency_b', day: undefined }],
    ['orders_{agency}.csv.gz', 'orders_b.csv.gz', { agency: 'b', day: undefined }],
    ['orders_*.gz', 'orders_b.csv.gz', { agency: undefined, day: undefined }],
    ['für_{agency}.csv', 'fu\u0308r_Müller.csv', { agency: 'Müller', day: undefined }],
  ])('%s fits %s', (text, path, found) => {
    expect(pattern(text).match(path)).toEqual(found);
  });

  test.each([
    ['orders.csv', 'orders.csv.bak'],
    ['orders.csv.gz', 'orders.csv'],
    ['orders.csv', 'orders.csv.gz.gz'],
    ['orders.csv', 'my orders.csv'],
    ['orders.csv', 'orders_csv'],
    ['orders_{date:YYYYMMDD}.csv', 'orders_20261399.csv'],
    ['orders_{date:YYYYMMDD}.csv', 'orders_20260230.csv'],
    ['orders_{date:YYYYMMDD}.csv', 'orders_2026112.csv'],
    ['orders_{agency}.csv', 'orders_.csv'],
    ['orders_{agency}.csv', 'agency/orders_a.csv'],
    ['{agency}/orders.csv', 'a/b/orders.csv'],
    ['*.csv', 'a/b.csv'],
    ['orders_{agency}.csv', 'orders_a/b.csv'],
  ])('%s does not fit %s', (text, path) => {
    expect(pattern(text).match(path)).toBeUndefined();
  });

  test('a pattern says whether it names an agency', () => {
    expect(pattern('{agency}.csv').namesAgency).toBe(true);
    expect(pattern('orders.csv').namesAgency).toBe(false);
  });

  test('any name is found by a pattern that is that name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (name) => {
        fc.pre(!/[{}*]/.test(name));
        expect(pattern(name).match(name)).toEqual({ agency: undefined, day: undefined });
      }),
    );
  });

  test('any agency comes back from its name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (agency) => {
        fc.pre(!/[/\n\r\u2028\u2029]/.test(agency));
        const found = pattern('a_{agency}_{date:YYYYMMDD}.csv').match(`a_${agency}_20260301.csv`);
        expect(found).toEqual({ agency: agency.normalize('NFC'), day: '2026-03-01' });
      }),
    );
  });
});

test.each([
  ['{agency}_{agency}.csv', 'expected {agency} once'],
  ['{date:YYYYMMDD}{date:YYYYMMDD}.csv', 'expected one {date:…}'],
  ['{agenci}.csv', 'expected {agency} or {date:YYYYMMDD}, got `{agenci}`'],
  ['{date}.csv', 'expected {agency} or {date:YYYYMMDD}, got `{date}`'],
  ['{agency.csv', 'expected {agency} or {date:YYYYMMDD}, got `{agency.csv`'],
  ['agency}.csv', 'expected {agency} or {date:YYYYMMDD}, got `agency}.csv`'],
  ['{date:YYMMDD}.csv', 'expected a date format of YYYY, MM and DD, got `YYMMDD`'],
  ['{date:YYYYMM}.csv', 'expected a date format of YYYY, MM and DD, got `YYYYMM`'],
  ['{date:YYYYMMDDDD}.csv', 'expected a date format of YYYY, MM and DD, got `YYYYMMDDDD`'],
  ['{date:YYYYMMDDHH}.csv', 'expected a date format of YYYY, MM and DD, got `YYYYMMDDHH`'],
])('%s: %s', (text, fault) => {
  expect(parsePattern(text)).toEqual({ fault });
});
