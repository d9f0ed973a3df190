import { cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { TallyError } from '../errors.js';
import { PACKAGE } from '../package.js';

const OWN_FILES = {
  'agencies.yaml':
    '# yaml-language-server: $schema=docs/agencies.schema.json\n# Add one with: tally agencies add "Agency A"\nagencies: {}\n',
  'destinations.yaml':
    '# yaml-language-server: $schema=docs/destinations.schema.json\n# Where messages go (docs/messages.md), for example:\n#   bus: { kind: amqp, url: "amqps://tallyhouse:${BUS_PASSWORD}@bus.example.com/" }\ndestinations: {}\n',
  '.gitignore': '.env\n.tally/\narchive/\noutput/\n',
};

const SHIPPED = [
  'feeds',
  'schedule.yaml',
  '.env.example',
  ...['feed', 'agencies', 'schedule', 'destinations'].map((each) => `docs/${each}.schema.json`),
];

/** A new workspace: what ships, in a folder of one's own. What lies there already stays as it is. */
export function createWorkspace(
  dir: string,
  { samples }: { samples: boolean },
): { folder: string; files: string[] } {
  const folder = resolve(dir);
  if (existsSync(join(folder, 'feeds'))) {
    throw new TallyError('usage', `${folder} is a workspace already: it has a folder feeds/.`);
  }
  try {
    for (const each of ['inbox', 'output']) mkdirSync(join(folder, each), { recursive: true });
    for (const each of samples ? [...SHIPPED, 'agencies.yaml'] : SHIPPED) {
      cpSync(join(PACKAGE, each), join(folder, each), { recursive: true, force: false });
    }
    // Not from the inbox of the checkout, which is empty when someone has run it.
    if (samples) cpSync(join(PACKAGE, 'samples'), join(folder, 'inbox'), { recursive: true, force: false });
    for (const [file, text] of Object.entries(OWN_FILES)) {
      if (!existsSync(join(folder, file))) writeFileSync(join(folder, file), text);
    }
  } catch (error) {
    throw new TallyError(
      'output_unwritable',
      `The workspace could not be made: ${(error as Error).message}`,
      { cause: error },
    );
  }
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
  return { folder, files };
}
