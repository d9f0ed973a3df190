import { createProgram } from '../dist/cli/program.js';

/** `tally --help` and that of every command, as one page. */
export function cliReference() {
  const sections = describe(createProgram(), []);
  return `# The command line\n\nGenerated from \`tally --help\` by \`npm run generate\`. What each \`--json\` prints is in [json.md](json.md).\n\n${sections.join('\n')}`;
}

function describe(command, parents) {
  const path = [...parents, command.name()];
  let text = '';
  command.configureOutput({ writeOut: (part) => (text += part), getOutHelpWidth: () => 100 });
  command.outputHelp();
  const own = `${'#'.repeat(Math.min(path.length + 1, 4))} ${path.join(' ')}\n\n\`\`\`\n${text.trimEnd()}\n\`\`\`\n`;
  return [own, ...command.commands.flatMap((each) => describe(each, path))];
}
