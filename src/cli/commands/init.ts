import { Command } from 'commander';

export function initCommand(): Command {
  return new Command('init')
    .description('Make a new workspace: feeds, agencies.yaml, inbox, output, .env.example')
    .argument('<dir>', 'the folder; it is made if it is not there')
    .option('--samples', 'with sample deliveries in its inbox')
    .option('--json', 'print the result as one JSON document')
    .option('-q, --quiet', 'print nothing but errors')
    .addHelpText('after', '\nExample:\n  tally init ratings --samples && tally run --workspace ratings')
    .action(async (dir: string, options: { samples?: boolean; json?: boolean; quiet?: boolean }) => {
      const { openTerminal } = await import('../terminal.js');
      const { createWorkspace } = await import('../../run/init.js');
      const terminal = openTerminal(options);
      const made = createWorkspace(dir, { samples: options.samples ?? false });
      terminal.say(`${made.folder} is a workspace: ${made.files.length} files. Next: tally run --workspace ${dir}`);
      terminal.document(made);
    });
}
