import { grouped } from '../grouped.js';
import { printable } from '../printable.js';
import type { Alarm } from './alarm.js';

/** One line for all of them: the subject of a mail. */
export function titleOf(alarms: Alarm[]): string {
  const [first] = alarms;
  if (alarms.length === 1) return printable(`Tallyhouse: ${aboutOf(first!)}${first!.kind.replace('_', ' ')}`);
  const kinds = [...new Set(alarms.map(({ kind }) => kind))].map(
    (kind) => `${alarms.filter((each) => each.kind === kind).length} ${kind.replace('_', ' ')}`,
  );
  return `Tallyhouse: ${kinds.join(', ')}`;
}

function aboutOf({ feed, agency, job }: Alarm): string {
  if (feed === null) return job === null ? '' : `job ${job} `;
  return agency === null ? `${feed} ` : `${feed} of ${agency} `;
}

/** What happened, the numbers, and the command to run next, as people read it. */
export function textOf(alarms: Alarm[]): string {
  return alarms.map(paragraphOf).join('\n\n');
}

function paragraphOf({ kind, what, numbers, next_command: next }: Alarm): string {
  const given = Object.entries(numbers).filter(([, value]) => value !== null);
  return [
    printable(`${kind.replace('_', ' ').toUpperCase()}: ${what}`),
    ...(given.length > 0
      ? [
          `  ${given.map(([name, value]) => printable(`${name.replaceAll('_', ' ')} ${valueText(value)}`)).join(', ')}`,
        ]
      : []),
    ...(next === null ? [] : [`  Next: ${next}`]),
  ].join('\n');
}

function valueText(value: number | string | null): string {
  return typeof value === 'number' ? grouped(value) : String(value);
}
