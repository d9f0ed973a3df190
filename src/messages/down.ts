import { TallyError } from '../errors.js';
import type { Destination } from './destinations.js';

/** The error of a destination that cannot be reached, in words that hold none of its secrets. */
export function down(destination: Destination, cause: unknown): TallyError {
  return downBecause(destination, destination.redact(wordsOf(cause)));
}

/** The cause itself goes nowhere: it may hold secrets. */
export function downBecause({ name, kind }: Destination, why: string): TallyError {
  return new TallyError('destination_down', `The destination ${name} (${kind}) cannot be reached: ${why}.`, {
    hint: 'Its messages wait. To try again: tally messages publish',
  });
}

export function wordsOf(error: unknown): string {
  const { message, name, errors } = error as Partial<AggregateError>;
  if (Array.isArray(errors) && errors.length > 0) return wordsOf(errors[0]);
  const text = message || name || String(error);
  return text.replace(/[.\s]+$/, '');
}
