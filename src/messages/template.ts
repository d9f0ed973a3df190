import type { Message } from './publisher.js';

export const PLACEHOLDERS = ['agency', 'type', 'customer_reference'];

export function placeholdersIn(template: string): string[] {
  return [...template.matchAll(/\{([^}]*)\}/g)].map((match) => match[1]!);
}

/** A routing key or topic of a message: what its values hold can neither be a separator nor a wildcard there. */
export function fillTemplate(template: string, { agency, type, customerReference }: Message): string {
  const values: Record<string, string> = {
    agency,
    type,
    customer_reference: customerReference || 'unknown',
  };
  return template.replace(/\{([^}]*)\}/g, (_, name: string) => asWord(values[name]!));
}

function asWord(text: string): string {
  return encodeURIComponent(text).replace(
    /[.*!'()]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
