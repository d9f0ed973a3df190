import { z } from 'zod';
import { scheduleSchema } from '../dist/schedule/schema.js';
import { agenciesSchema, feedSchema } from '../dist/feeds/schema.js';
import { customerMessage, envelope, errorMessage, errorResolvedMessage } from '../dist/messages/document.js';
import { destinationsFile } from '../dist/messages/schema.js';

/** What an editor needs to help with feeds/*.yaml and the other files; and what a consumer of messages may rely on. */
export function jsonSchemas() {
  return {
    'docs/feed.schema.json': write(feedSchema, 'A feed of Tallyhouse'),
    'docs/agencies.schema.json': write(agenciesSchema, 'The agencies of Tallyhouse'),
    'docs/schedule.schema.json': write(scheduleSchema, 'The schedule of Tallyhouse'),
    'docs/destinations.schema.json': write(destinationsFile, 'Where Tallyhouse sends messages'),
    'docs/messages.schema.json': messageSchemas(),
  };
}

function write(schema, title) {
  const made = z.toJSONSchema(schema, { io: 'input', target: 'draft-7' });
  return `${JSON.stringify({ title, ...made }, null, 2)}\n`;
}

function messageSchemas() {
  const schemas = { customer_message: customerMessage, error_message: errorMessage };
  const all = { ...schemas, error_resolved_message: errorResolvedMessage, envelope };
  const definitions = Object.fromEntries(
    Object.entries(all).map(([name, schema]) => {
      const made = z.toJSONSchema(schema, { io: 'input', target: 'draft-7' });
      delete made.$schema;
      return [name, made];
    }),
  );
  const anyOf = Object.keys(definitions).map((name) => ({ $ref: `#/definitions/${name}` }));
  const head = { $schema: 'http://json-schema.org/draft-07/schema#', title: 'The messages of Tallyhouse' };
  return `${JSON.stringify({ ...head, anyOf, definitions }, null, 2)}\n`;
}
