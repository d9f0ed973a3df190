import { isDay } from '../../clock.js';
import { parseDateFormat } from '../dateFormat.js';
import { note } from './text.js';
import { quoted } from './words.js';

/** Dates in file names, the ones that can be told apart best first. */
const FILE_DATES = [
  'YYYYMMDD',
  'YYYY-MM-DD',
  'YYYY_MM_DD',
  'YYYY.MM.DD',
  'DDMMYYYY',
  'DD-MM-YYYY',
  'DD_MM_YYYY',
  'DD.MM.YYYY',
  'MMDDYYYY',
  'MM-DD-YYYY',
  'MM_DD_YYYY',
];

const TIME_OF_DAY = '(?:[T_-]?(?:[01]\\d|2[0-3])[-.:]?[0-5]\\d(?:[-.:]?[0-5]\\d)?)?';

interface FileDate {
  before: string;
  format: string;
  hasTime: boolean;
  after: string;
  /** Whether day and month may be the other way round. */
  isDoubtful: boolean;
}

export function filesOf(file: string): string[] {
  const date = dateIn(file);
  const plain = (text: string) => text.replace(/[{}*]+/g, '*');
  const dot = file.lastIndexOf('.');
  const [stem, extension] = dot > 0 ? [file.slice(0, dot), file.slice(dot)] : [file, ''];
  const [before, between, after] = date
    ? [plain(date.before), `{date:${date.format}}${date.hasTime ? '*' : ''}`, plain(date.after)]
    : [plain(stem), '', plain(extension)];
  const doubt = date?.isDoubtful ? '; the day and the month may be the other way round' : '';
  const why = date
    ? `from the name of the sample: its digits are a date${doubt}`
    : 'the name of the sample; {date:YYYYMMDD} stands for a date: without one, the day on which it arrives counts';
  return [
    '# Which agency delivers it cannot be seen in a sample: put {agency} where the name says it, such as',
    `#   - ${quoted(withAgency(before, between, after))}`,
    'files:',
    `  - ${quoted(before + between + after)}${note(why)}`,
  ];
}

/** Where {agency} may stand: in the place of `Agency A`, or beside the date. */
function withAgency(before: string, between: string, after: string): string {
  const named = [before, between, after]
    .map((text) => text.replace(/agency[ _-][a-z0-9]+/i, '{agency}'))
    .join('');
  if (named !== before + between + after) return named;
  const separator = /[ ._-]$/.exec(before)?.[0] ?? '_';
  return between === '' ? `${before}_{agency}${after}` : `${before}{agency}${separator}${between}${after}`;
}

export function dateIn(file: string): FileDate | undefined {
  for (const format of FILE_DATES) {
    const source = parseDateFormat(format)!.source.slice(1, -1);
    for (const match of file.matchAll(new RegExp(`(?<!\\d)${source}(?<time>${TIME_OF_DAY})(?!\\d)`, 'g'))) {
      const { year, month, day, time } = match.groups!;
      if (!isPlausible(`${year}-${month}-${day}`)) continue;
      return {
        before: file.slice(0, match.index),
        format,
        hasTime: time !== '',
        after: file.slice(match.index + match[0].length),
        isDoubtful: !format.startsWith('YYYY') && day !== month && isPlausible(`${year}-${day}-${month}`),
      };
    }
  }
  return undefined;
}

function isPlausible(day: string): boolean {
  return day >= '1990' && day < '2101' && isDay(day);
}
