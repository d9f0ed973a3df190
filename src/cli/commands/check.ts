import type { Command } from 'commander';
import { command, type CommonOptions } from '../command.js';

export function checkCommand(): Command {
  return command('check', 'Look at the configuration, the feeds and the database; start nothing', [
    'tally check',
  ]).action(async (options: CommonOptions) => {
    const { openTerminal } = await import('../terminal.js');
    const { checkWorkspace } = await import('../../run/check.js');
    const terminal = openTerminal(options);
    const findings = await checkWorkspace(
      options.workspace ?? process.env.TALLY_WORKSPACE,
      process.cwd(),
      process.env,
    );
    const { colors } = terminal;
    for (const { what, ok, says, hint } of findings) {
      if (ok) {
        terminal.say(`${colors.green('ok   ')}  ${what}: ${says}`);
      } else {
        terminal.alarm(`${colors.red('fault')}  ${what}: ${says}`);
        if (hint) terminal.alarm(`       ${hint}`);
      }
    }
    terminal.document(findings);
    const fault = findings.find((finding) => !finding.ok);
    process.exitCode = fault ? fault.exit : 0;
  });
}
