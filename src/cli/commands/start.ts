import type { Command } from 'commander';
import { command, contextOf, type CommonOptions } from '../command.js';

/** What goes on as long as the process does. */
export function startCommand(): Command {
  return command('start', 'Run as a service: the jobs of schedule.yaml, until SIGTERM or Ctrl+C', [
    'tally start',
    'tally start --json',
  ]).action(async (options: CommonOptions) => {
    const { terminal, config } = await contextOf(options);
    const { untilStopped } = await import('../services.js');
    const { startScheduling } = await import('../scheduling.js');
    await untilStopped(terminal, [() => startScheduling(terminal, config)]);
  });
}
