import { z } from 'zod';
import { scheduleSchema } from '../dist/schedule/schema.js';
import { agenciesSchema, feedSchema } from '../dist/feeds/schema.js';

/** What an editor needs to help with feeds/*.yaml, agencies.yaml and schedule.yaml. */
export function jsonSchemas() {
  return {
    'docs/feed.schema.json': write(feedSchema, 'A feed of Tallyhouse'),
    'docs/agencies.schema.json': write(agenciesSchema, 'The agencies of Tallyhouse'),
    'docs/schedule.schema.json': write(scheduleSchema, 'The schedule of Tallyhouse'),
  };
}

function write(schema, title) {
  const made = z.toJSONSchema(schema, { io: 'input', target: 'draft-7' });
  return `${JSON.stringify({ title, ...made }, null, 2)}\n`;
}
