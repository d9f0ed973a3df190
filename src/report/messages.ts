import type { Client } from '../warehouse/connect.js';
import { statement } from '../warehouse/statements.js';
import { arrayTexts, selectDocuments } from './json.js';

export type MessageType = 'customer' | 'error';

const SELECTS = {
  customer: () => statement('report/list_customer_messages'),
  error: () => statement('report/list_error_messages'),
};

/** The messages of a type as one JSON array, of an agency or of all, at any number in the same memory. */
export function messageTexts(
  client: Client,
  type: MessageType,
  agency: string | null,
): AsyncIterable<string> {
  return arrayTexts(selectDocuments(client, SELECTS[type](), [agency]), { rows: 0 });
}
