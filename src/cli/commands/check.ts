import type { Command } from 'commander';
import { command, type CommonOptions } from '../command.js';

export function checkCommand(): Command {
  return command(
    'check',
    'What to run first when something is odd: is everything as it should be? Starts and changes nothing',
    ['tally check', 'tally check --quiet    # only what is wrong'],
  ).action(async (options: CommonOptions) => {
    const { openTerminal } = await import('../terminal.js');
    const { sayFindings } = await import('../findings.js');
    const { checkAll } = await import('../../run/check/check.js');
    const { scheduleLooks } = await import('../../schedule/check.js');
    const terminal = openTerminal(options);
    const findings = await checkAll(
      options.workspace ?? process.env.TALLY_WORKSPACE,
      process.cwd(),
      process.env,
      { above: scheduleLooks },
    );
    sayFindings(terminal, findings);
    terminal.document(findings);
    process.exitCode = findings.find((finding) => finding.state === 'trouble')?.exit ?? 0;
  });
}
