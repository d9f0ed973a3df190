import type { Command } from 'commander';
import { TallyError } from '../../errors.js';
import {
  command,
  contextOf,
  parseLimit,
  parseLoadId,
  untilInterrupted,
  type CommonOptions,
} from '../command.js';

interface VerifyCommandOptions extends CommonOptions {
  load?: string;
  feed?: string;
  agency?: string;
  rows?: boolean;
  file?: string;
  limit: number;
}

export function verifyCommand(): Command {
  return command(
    'verify',
    'Read deliveries again and compare them with the warehouse: checksum, counts and rows',
    [
      'tally verify',
      'tally verify --feed customer_rating --agency agency_a',
      'tally verify --load 41 --rows',
    ],
  )
    .option('--load <load>', 'only this load; it may be held, or the version before', parseLoadId)
    .option('--feed <feed>', 'only what readers see of this feed')
    .option('--agency <agency>', 'only what readers see of this agency')
    .option('--rows', 'compare row for row, not only by digests')
    .option('--file <file>', 'with --load: where its file lies, if not in the archive')
    .option('--limit <n>', 'tell so many differences of a load at most', parseLimit, 20)
    .action(async (options: VerifyCommandOptions) => {
      const { load, feed, agency, file, rows: rowForRow = false, limit } = options;
      if (load !== undefined && (feed ?? agency) !== undefined)
        throw new TallyError('usage', 'expected either --load, or --feed and --agency.');
      if (load === undefined && file !== undefined)
        throw new TallyError('usage', 'expected --load with --file: a file is that of one load.');
      const { terminal, config } = await contextOf(options);
      const signal = untilInterrupted(terminal);
      const { systemClock } = await import('../../clock.js');
      const { verifyLoads } = await import('../../run/verify.js');
      const { openProgress } = await import('../progress.js');
      const { showVerifications, verifiedLine } = await import('../verifications.js');
      const { verificationDocument } = await import('../documents.js');
      const { verifyExitCode } = await import('../exitCode.js');
      const { progress, close } = openProgress(terminal, signal);
      const { verifications, cleaned } = await verifyLoads(
        { config, clock: systemClock },
        { load, feed, agency, file, rowForRow, limit },
        {
          signal,
          progress(read) {
            // At its end the bar would speak of publishing.
            if (read.bytes < read.delivery.size) progress(read);
          },
          verified(verification) {
            close();
            if (!terminal.json && !process.stderr.isTTY) terminal.note(verifiedLine(verification));
          },
        },
      ).finally(close);
      showVerifications(terminal, verifications, cleaned);
      terminal.document(verifications.map(verificationDocument));
      process.exitCode = verifyExitCode(verifications);
    });
}
