import type { Command } from 'commander';
import { command, contextOf, untilInterrupted, type CommonOptions } from '../command.js';

export function runCommand(): Command {
  return command('run', 'Find deliveries in the inbox, load them, write the reports', ['tally run', 'tally run --json']).action(
    async (options: CommonOptions) => {
      const { terminal, config } = await contextOf(options);
      const signal = untilInterrupted(terminal);
      const { systemClock } = await import('../../clock.js');
      const { inSession } = await import('../../run/session.js');
      const { run } = await import('../../run/run.js');
      const { openProgress } = await import('../progress.js');
      const { EXIT, runDocument, showSummary } = await import('../summary.js');
      const { summary, outcome } = await inSession({ config, clock: systemClock, command: 'run' }, async (session) => {
        const done = await run(session, { signal, ...openProgress(terminal) });
        return { result: { summary: done.result, outcome: done.outcome }, outcome: done.outcome };
      });
      showSummary(terminal, summary);
      terminal.document(runDocument(summary, outcome));
      process.exitCode = EXIT[outcome];
    },
  );
}
