import type { Command } from 'commander';
import { bareCommand, type CommonOptions } from '../command.js';

export function initCommand(): Command {
  return bareCommand('init', 'Make a new workspace: feeds, agencies.yaml, inbox, output, .env.example', [
    'tally init ratings --samples && tally run --workspace ratings',
  ])
    .argument('<dir>', 'the folder; it is made if it is not there')
    .option('--samples', 'with sample deliveries in its inbox')
    .action(async (dir: string, options: CommonOptions & { samples?: boolean }) => {
      const { openTerminal } = await import('../terminal.js');
      const { plural } = await import('../text.js');
      const { createWorkspace } = await import('../../run/init.js');
      const terminal = openTerminal(options);
      const made = createWorkspace(dir, { samples: options.samples ?? false });
      terminal.say(
        `${made.folder} is a workspace: ${plural(made.files.length, 'file')}. Next: tally run --workspace ${dir}`,
      );
      terminal.document(made);
    });
}
