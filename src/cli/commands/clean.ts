import type { Command } from 'commander';
import { command, contextOf, untilInterrupted, type CommonOptions } from '../command.js';

interface CleanOptions extends CommonOptions {
  dryRun?: boolean;
}

export function cleanCommand(): Command {
  return command(
    'clean',
    'Let go of what is older than the settings TALLY_KEEP_..._DAYS say: archived files, invalid rows, details of the ledger',
    ['tally clean --dry-run', 'tally clean'],
  )
    .option('--dry-run', 'say what would go, and change nothing')
    .action(async (options: CleanOptions) => {
      const { terminal, config } = await contextOf(options);
      const signal = untilInterrupted(terminal);
      const { systemClock } = await import('../../clock.js');
      const { clean, planClean } = await import('../../run/clean/clean.js');
      const { inSession } = await import('../../run/session.js');
      const { showCleaned } = await import('../cleaned.js');
      const { cleanDocument } = await import('../documents.js');
      const done = options.dryRun
        ? { cleaned: await planClean(config, systemClock), outcome: 'done' as const, errors: [] }
        : await inSession({ config, clock: systemClock, command: 'clean' }, async (session) => {
            const { result: cleaned, outcome, errors } = await clean(session, signal);
            return { result: { cleaned, outcome, errors }, outcome, errors };
          });
      showCleaned(terminal, done, options.dryRun ?? false);
      terminal.document({ dry_run: options.dryRun ?? false, ...cleanDocument(done) });
      process.exitCode = done.outcome === 'done' ? 0 : 1;
    });
}
