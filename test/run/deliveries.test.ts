import { describe, expect, test } from '@jest/globals';
import type { Agencies } from '../../src/feeds/agencies.js';
import { readFeed, type Feed } from '../../src/feeds/feed.js';
import { parsePattern, type Pattern } from '../../src/feeds/pattern.js';
import { nameDelivery, type NameContext, type Said } from '../../src/run/deliveries.js';

function feed(name: string, files: string[], more = ''): Feed {
  const read = readFeed(
    `feeds/${name}.yaml`,
    `title: T.\nfiles: ${JSON.stringify(files)}\nmode: replace\ncolumns: [{ name: a, type: text }]\n${more}`,
  );
  if ('faults' in read) throw new Error(JSON.stringify(read.faults));
  return read.feed;
}

const agency = (key: string, more: Partial<Agencies['list'][number]> = {}) => ({
  key,
  name: key,
  timeZone: undefined,
  aliases: [],
  files: {},
  ...more,
});
const agencies: Agencies = {
  list: [
    agency('agency_a', { aliases: ['the_first'] }),
    agency('agency_b', {
      timeZone: 'Europe/Zurich',
      files: { ratings: [parsePattern('Bewertung {date:DD.MM.YYYY}.csv') as Pattern] },
    }),
  ],
  default: undefined,
};
const ratings = feed('ratings', [
  'Customer Rating {agency} Inc.csv',
  'ratings_{agency}_{date:YYYYMMDD}.csv',
  '{agency}/ratings.csv',
]);
const orders = feed('orders', ['orders_{date:DDMMYYYY}.csv', 'orders.csv']);
const open = feed('open', ['open_{agency}.csv'], 'agencies: any');

const context: NameContext = {
  feeds: [ratings, orders, open],
  agencies,
  config: { timeZone: 'UTC' },
  clock: { now: () => new Date('2024-03-05T23:30:00Z') },
};
const arrived = new Date('2024-03-05T23:30:00Z');

/** `feed agency date`, or the code of what keeps it from being a delivery. */
function named(
  name: string,
  said: Said = {},
  changes: Partial<NameContext> = {},
  arrivedAt = arrived,
): string | undefined {
  const is = nameDelivery({ ...context, ...changes }, name, arrivedAt, said);
  if (is === undefined) return undefined;
  return 'failure' in is ? is.failure.code : `${is.feed.name} ${is.agency.key} ${is.businessDate}`;
}

describe('what the name of a file says', () => {
  test('the agency, by its name, key or alias, in any case', () => {
    expect(named('Customer Rating Agency A Inc.csv')).toBe('ratings agency_a 2024-03-05');
    expect(named('customer rating AGENCY-A inc.CSV')).toBe('ratings agency_a 2024-03-05');
    expect(named('Customer Rating The First Inc.csv')).toBe('ratings agency_a 2024-03-05');
    expect(named('agency_a/ratings.csv')).toBe('ratings agency_a 2024-03-05');
  });

  test('the business date, in the format of the pattern', () => {
    expect(named('ratings_agency_a_20240229.csv')).toBe('ratings agency_a 2024-02-29');
    expect(named('orders_29022024.csv', { agency: 'agency_a' })).toBe('orders agency_a 2024-02-29');
    expect(named('Bewertung 01.02.2024.csv')).toBe('ratings agency_b 2024-02-01');
  });

  test('a date that no calendar has is no date, so it is not such a name', () => {
    expect(named('orders_31022024.csv', { agency: 'agency_a' })).toBeUndefined();
  });

  test('a folder is part of the name', () => {
    expect(named('agency_b/ratings.csv')).toBe('ratings agency_b 2024-03-06');
    expect(named('2024/ratings_agency_a_20240229.csv')).toBeUndefined();
  });

  test('nothing, where no feed has such names', () => {
    expect(named('readme.txt')).toBeUndefined();
  });
});

describe('the day on which a file arrived', () => {
  test('is a day of its agency, and else of the time zone that is set', () => {
    expect(named('Customer Rating Agency A Inc.csv')).toBe('ratings agency_a 2024-03-05');
    expect(named('Customer Rating Agency B Inc.csv')).toBe('ratings agency_b 2024-03-06');
    expect(named('Customer Rating Agency A Inc.csv', {}, { config: { timeZone: 'Asia/Tokyo' } })).toBe(
      'ratings agency_a 2024-03-06',
    );
  });

  test('is that on which it came to lie there, not that of the run', () => {
    expect(named('Customer Rating Agency A Inc.csv', {}, {}, new Date('2024-03-01T12:00:00Z'))).toBe(
      'ratings agency_a 2024-03-01',
    );
  });

  test('is never one that has not begun', () => {
    expect(named('Customer Rating Agency A Inc.csv', {}, {}, new Date('2031-01-01'))).toBe(
      'ratings agency_a 2024-03-05',
    );
  });
});

describe('what is said on the command line', () => {
  test('goes before the name', () => {
    const said = { feed: ratings, agency: 'agency_b', date: '2024-01-01' };
    expect(named('Customer Rating Agency A Inc.csv', said)).toBe('ratings agency_b 2024-01-01');
    expect(named('whatever.txt', said)).toBe('ratings agency_b 2024-01-01');
  });
});

describe('what keeps a file from being a delivery', () => {
  test('an agency that is not declared, where the feed wants it to be', () => {
    expect(named('Customer Rating Agency Q Inc.csv')).toBe('unknown_agency');
    expect(named('open_Agency Q.csv')).toBe('open agency_q 2024-03-05');
  });

  test('no word of whose it is', () => {
    expect(named('orders.csv')).toBe('unknown_agency');
    expect(named('orders.csv', {}, { agencies: { ...agencies, default: 'agency_a' } })).toBe(
      'orders agency_a 2024-03-05',
    );
  });

  test('two feeds that have such names', () => {
    const also = feed('also', ['orders*.csv']);
    const is = nameDelivery({ ...context, feeds: [orders, also] }, 'orders.csv', arrived);
    expect(is).toMatchObject({
      failure: {
        code: 'file_unnamed',
        message: 'The name orders.csv is one of orders and also: it cannot be told which.',
      },
    });
    expect(named('orders.csv', { feed: also, agency: 'agency_a' }, { feeds: [orders, also] })).toBe(
      'also agency_a 2024-03-05',
    );
  });
});
