import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { timeReader } from '../../../src/load/check/times.js';
import { judge } from './judging.js';

const judged = (kind: 'date' | 'timestamp', formats: string[], value: string) =>
  judge(timeReader(kind, formats).check, value);

describe('ISO dates', () => {
  test.each(['2021-03-01', '0001-01-01', '9999-12-31', '2024-02-29', '2000-02-29', ' 2021-03-01\t'])(
    '%j is one',
    (value) => {
      expect(judged('date', ['iso'], value)).toBe('as it is');
    },
  );

  test.each([
    ...[
      '2021-02-29',
      '1900-02-29',
      '2021-04-31',
      '2021-13-01',
      '2021-00-01',
      '2021-01-00',
      '2021-01-32',
      '0000-01-01',
    ],
    ...[
      '2021-3-1',
      '21-03-01',
      '2021/03/01',
      '20210301',
      '2021-03-01 00:00',
      '2021-03-01T00:00',
      '12021-03-01',
    ],
    ...[
      'today',
      'infinity',
      '-infinity',
      'epoch',
      'Jan 1 2021',
      '2021-03-0x',
      '2x21-03-01',
      '202T-03-01',
      '    -03-01',
      '2021-x3-01',
      '2021-03-01 BC',
      '',
    ].filter(Boolean),
  ])('%j is none', (value) => {
    expect(judged('date', ['iso'], value)).toBe('invalid');
  });

  test('only blanks are missing', () => {
    expect(judged('date', ['iso'], ' \t')).toBe('missing');
    expect(judged('timestamp', ['iso'], ' ')).toBe('missing');
  });
});

describe('ISO timestamps', () => {
  test.each([
    ...[
      '2021-03-01',
      '2021-03-01 00:03',
      '2021-03-01T00:03',
      '2021-03-01t23:59:59',
      '2021-03-01 00:03:21.74+00',
    ],
    ...[
      '2021-03-01 00:03:21.123456',
      '2021-03-01 00:03:21.123456000000',
      '2021-03-01T00:03:21Z',
      '2021-03-01 00:03:21z',
    ],
    ...[
      '2021-03-01 00:03:21 +0530',
      '2021-03-01 00:03:21-05:30',
      '2021-03-01 00:03:21+15:59',
      '2021-03-01 00:03 Z',
    ],
    ...['2021-03-01 00:03+01', ' 2021-03-01 00:03:21\t'],
  ])('%j is one', (value) => {
    expect(judged('timestamp', ['iso'], value)).toBe('as it is');
  });

  test.each([
    ...[
      '2021-03-01 24:00:00',
      '2021-03-01 23:60',
      '2021-03-01 23:59:60',
      '2021-03-01 1:03',
      '2021-03-01 00:3',
    ],
    ...[
      '2021-03-01  00:03',
      '2021-03-01_00:03',
      '2021-03-01 00',
      '2021-03-01 0003',
      '2021-03-01T',
      '2021-03-01 00:03:',
    ],
    ...['2021-03-01 00:03:21.', '2021-03-01 00:03:21,5', '2021-03-01 00:03:21.1234567', '2021-03-01 00:03.5'],
    ...[
      '2021-03-01 00:03:21+16',
      '2021-03-01 00:03:21+01:60',
      '2021-03-01 00:03:21+1',
      '2021-03-01 00:03:21 UTC',
    ],
    ...[
      '2021-03-01 00:03:21+01:00:00',
      '2021-03-01 00:03:21Zx',
      '2021-03-01 00:03:21+',
      '2021-03-01+00',
      'now',
    ],
    ...['2021-02-30 00:00:00', '2021-03-01 00:03:21 Europe/Zurich', '2021-03-01 00:03 AM'],
  ])('%j is none', (value) => {
    expect(judged('timestamp', ['iso'], value)).toBe('invalid');
  });

  test('more decimals than a time can have are refused, also zeros', () => {
    expect(judged('timestamp', ['iso'], `2021-03-01 00:03:21.${'0'.repeat(30)}`)).toBe('as it is');
    expect(judged('timestamp', ['iso'], `2021-03-01 00:03:21.${'0'.repeat(31)}`)).toBe('invalid');
  });
});

describe('formats of their own', () => {
  test.each([
    ['DD/MM/YYYY', '31/12/2021', '2021-12-31'],
    ['MM/DD/YYYY', '12/31/2021', '2021-12-31'],
    ['YYYYMMDD', '20211231', '2021-12-31'],
    ['DD.MM.YYYY', ' 31.12.2021\t', '2021-12-31'],
    ['YYYY-DD-MM', '2021-31-12', '2021-12-31'],
  ])('%s reads %j as a day', (format, value, iso) => {
    expect(judged('date', [format], value)).toBe('rewrite');
    expect(timeReader('date', [format]).iso(value)).toBe(iso);
  });

  test.each([
    ['DD/MM/YYYY HH:mm', '31/12/2021 23:59', '2021-12-31 23:59:00'],
    ['YYYYMMDDTHHmmss', '20211231T235958', '2021-12-31 23:59:58'],
    ['DD/MM/YYYY', '31/12/2021', '2021-12-31'],
  ])('%s reads %j as a moment', (format, value, iso) => {
    expect(judged('timestamp', [format], value)).toBe('rewrite');
    expect(timeReader('timestamp', [format]).iso(value)).toBe(iso);
  });

  test.each([
    ['DD/MM/YYYY', '31/02/2021'],
    ['DD/MM/YYYY', '2021-12-31'],
    ['DD/MM/YYYY', '1/12/2021'],
    ['DD/MM/YYYY', '31/12/2021 '.repeat(2)],
    ['DD.MM.YYYY', '31x12x2021'],
    ['DD/MM/YYYY HH:mm', '31/12/2021 24:00'],
    ['DD/MM/YYYY', '31/12/0000'],
  ])('%s does not read %j', (format, value) => {
    expect(judged('timestamp', [format], value)).toBe('invalid');
  });

  test('the first format that fits is taken', () => {
    expect(timeReader('date', ['DD/MM/YYYY', 'MM/DD/YYYY']).iso('03/04/2021')).toBe('2021-04-03');
    expect(timeReader('date', ['DD/MM/YYYY', 'MM/DD/YYYY']).iso('03/14/2021')).toBe('2021-03-14');
    expect(judged('date', ['iso', 'DD/MM/YYYY'], '2021-03-04')).toBe('as it is');
    expect(judged('date', ['iso', 'DD/MM/YYYY'], '04/03/2021')).toBe('rewrite');
  });
});

describe('epoch seconds', () => {
  test.each([
    ['0', '1970-01-01T00:00:00Z'],
    ['1614556800', '2021-03-01T00:00:00Z'],
    ['1614556800.5', '2021-03-01T00:00:00.5Z'],
    ['1614556800.123456000', '2021-03-01T00:00:00.123456Z'],
    ['-1', '1969-12-31T23:59:59Z'],
    ['-62135596800', '0001-01-01T00:00:00Z'],
    ['253402300799', '9999-12-31T23:59:59Z'],
  ])('%s', (value, iso) => {
    expect(judged('timestamp', ['epoch'], value)).toBe('rewrite');
    expect(timeReader('timestamp', ['epoch']).iso(` ${value}\t`)).toBe(iso);
  });

  test.each([
    '-62135596801',
    '253402300800',
    '1.',
    '.5',
    '1e9',
    '-1.5',
    '1.1234567',
    '+1',
    '0x1',
    '1614556800000000',
  ])('%j is none', (value) => {
    expect(judged('timestamp', ['epoch'], value)).toBe('invalid');
  });

  test('as a day', () => {
    expect(timeReader('date', ['epoch']).iso('1614643199')).toBe('2021-03-01');
  });
});

test('every day there is, and no other, in every form', () => {
  const two = (value: number) => String(value).padStart(2, '0');
  fc.assert(
    fc.property(
      fc.record({ year: fc.integer({ min: 1, max: 9999 }), month: fc.nat(13), day: fc.nat(32) }),
      ({ year, month, day }) => {
        const written = String(year).padStart(4, '0');
        const date = new Date(Date.UTC(2000, 0, 1));
        date.setUTCFullYear(year, month - 1, day);
        const exists = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
        expect(judged('date', ['iso'], `${written}-${two(month)}-${two(day)}`)).toBe(
          exists ? 'as it is' : 'invalid',
        );
        expect(judged('date', ['DD.MM.YYYY'], `${two(day)}.${two(month)}.${written}`)).toBe(
          exists ? 'rewrite' : 'invalid',
        );
      },
    ),
  );
});
