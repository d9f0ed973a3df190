import { grouped } from '../../grouped.js';

export function plural(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** A value in a comment or a quoted scalar: on one line, and nothing invisible. */
export function quoted(value: string): string {
  return JSON.stringify(value.toWellFormed()).replace(
    /[\x7f-\xa0\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffe\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

export function shortened(value: string): string {
  return quoted(value.length > 40 ? `${value.slice(0, 40)}…` : value);
}
