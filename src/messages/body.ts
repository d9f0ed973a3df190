import type { Message } from './publisher.js';

/** What is sent: the message itself, or with an envelope. The document stays the text that it is: its decimals are exact. */
export function bodyOf({ id, agency, subject, createdAt, document }: Message, hasEnvelope: boolean): string {
  if (!hasEnvelope) return document;
  const around = JSON.stringify({ message_id: id, agency, subject, created_at: createdAt.toISOString() });
  return `${around.slice(0, -1)},"message":${document}}`;
}
