import type { Command } from 'commander';
import { command, contextOf, untilInterrupted, type CommonOptions } from '../command.js';

export function rollbackCommand(): Command {
  return command('rollback', 'Put the version before the live one back, in an instant', [
    'tally rollback --feed customer_rating --agency agency_a',
  ])
    .requiredOption('--feed <feed>', 'the feed')
    .requiredOption('--agency <agency>', 'the agency')
    .action(async (options: CommonOptions & { feed: string; agency: string }) => {
      const { terminal, config } = await contextOf(options);
      const signal = untilInterrupted(terminal);
      const { systemClock } = await import('../../clock.js');
      const { rollBackAgency } = await import('../../run/run.js');
      const { inSession } = await import('../../run/session.js');
      const { showErrors } = await import('../summary.js');
      const done = await inSession({ config, clock: systemClock, command: 'rollback' }, async (session) => {
        const result = await rollBackAgency(session, signal, options.feed, options.agency);
        return { result, outcome: result.errors.length > 0 ? 'failed' : 'done', errors: result.errors };
      });
      terminal.say(
        `${done.feed} of ${done.agency} is back at load ${done.to}; load ${done.from} was rolled back.`,
      );
      terminal.say('Its file is not loaded again unless you ask: tally load FILE --force');
      terminal.document({
        feed: done.feed,
        agency: done.agency,
        from_load: Number(done.from),
        to_load: Number(done.to),
      });
      // The versions are exchanged; only a report could not be written after it.
      showErrors(terminal.json ? terminal.note : terminal.alarm, done.errors);
      if (done.errors.length > 0) process.exitCode = 1;
    });
}
