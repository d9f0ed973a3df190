import type { Command } from 'commander';
import { command, contextOf, type CommonOptions } from '../command.js';

/** What goes on as long as the process does. */
export function startCommand(): Command {
  return command('start', 'Run as a service: jobs, messages, alarms and metrics, until SIGTERM or Ctrl+C', [
    'tally start',
    'tally start --json',
  ]).action(async (options: CommonOptions) => {
    const { terminal, config } = await contextOf(options);
    const { untilStopped } = await import('../services.js');
    const { systemClock: clock } = await import('../../clock.js');
    const { startObserving } = await import('../../metrics/server.js');
    const { startTelling } = await import('../../run/telling.js');
    const { startScheduling } = await import('../scheduling.js');
    const { startPublishing } = await import('../publishing.js');
    await untilStopped(terminal, [
      // First, because it refuses a schedule that cannot be used; and closed first, so that the others tell of its end.
      () => startScheduling(terminal, config),
      () => startPublishing(terminal, config),
      () => startTelling({ config, clock }),
      async () => {
        const observing = await startObserving({ config, clock });
        terminal.note(`Metrics: ${observing.url}/metrics`);
        return observing;
      },
    ]);
  });
}
