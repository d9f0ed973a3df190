import { expect, test } from '@jest/globals';
import { parseDateFormat } from '../../src/feeds/dateFormat.js';

test.each([
  ['DD/MM/YYYY', '31/12/2021', { day: '31', month: '12', year: '2021' }],
  ['YYYYMMDD', '20211231', { day: '31', month: '12', year: '2021' }],
  ['DD.MM.YYYY HH:mm', '31.12.2021 23:59', { day: '31', month: '12', year: '2021', hour: '23', minute: '59' }],
  ['YYYY-MM-DDTHH:mm:ss', '2021-12-31T23:59:58', { day: '31', month: '12', year: '2021', hour: '23', minute: '59', second: '58' }],
  ['[YYYY](MM)*DD', '[2021](12)*31', { day: '31', month: '12', year: '2021' }],
])('%s reads %s', (format, text, groups) => {
  expect({ ...parseDateFormat(format)!.exec(text)!.groups }).toEqual(groups);
});

test.each([
  ['DD/MM/YYYY', '1/12/2021'],
  ['DD/MM/YYYY', ' 31/12/2021'],
  ['DD/MM/YYYY', '31/12/20211'],
  ['DD.MM.YYYY', '31x12x2021'],
])('%s does not read %j', (format, text) => {
  expect(parseDateFormat(format)!.test(text)).toBe(false);
});

test.each(['', 'DD/MM', 'DD/MM/YY', 'YYYY-MM-DD-DD', 'YYYY-MM-DD HH', 'YYYY-MM-DD mm', 'YYYY-MM-DD HH:ss', 'YYYY-MM-DD hh:mm', 'DD Month YYYY', 'YYYY-DDD-MM', 'YYYY年MM月DD日', 'DD/MM/YYYY 0'])(
  '%j is no format',
  (format) => {
    expect(parseDateFormat(format)).toBeUndefined();
  },
);
