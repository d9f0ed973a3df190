import type { Command } from 'commander';
import { TallyError } from '../../errors.js';
import type { ChangedRow } from '../../load/diff/compare.js';
import type { Diff } from '../../run/diff.js';
import {
  command,
  contextOf,
  parseLimit,
  parseLoadId,
  untilInterrupted,
  type CommonOptions,
} from '../command.js';

interface DiffOptions extends CommonOptions {
  rows?: boolean;
  csv?: boolean;
  limit?: number;
}

/** So many rows are shown, or kept for a document, unless more are asked for. */
const SHOWN = 100;

export function diffCommand(): Command {
  return command(
    'diff',
    'What a load has changed: rows added, removed and changed against the version before',
    ['tally diff 43', 'tally diff 43 41 --rows', 'tally diff 43 --csv > changes.csv'],
  )
    .argument('<load>', 'the load', parseLoadId)
    .argument('[against]', 'the load that it is compared with; else the version before it', parseLoadId)
    .option('--rows', 'show the rows too')
    .option('--csv', 'print the rows as CSV, all of them unless --limit says otherwise')
    .option('--limit <n>', `so many rows at most; else ${SHOWN}`, parseLimit)
    .action(async (load: string, against: string | undefined, options: DiffOptions) => {
      if (options.csv && options.json) throw new TallyError('usage', 'expected either --csv or --json.');
      const { terminal, config } = await contextOf(options);
      const signal = untilInterrupted(terminal);
      const { diffLoads } = await import('../../run/diff.js');
      const { diffDocument, openCsv, showDiff, showRows } = await import('../differences.js');
      const csv = options.csv ? await openCsv() : undefined;
      const kept: ChangedRow[] = [];
      let diff: Diff | undefined;
      await diffLoads(
        config,
        { load, against, limit: options.csv ? options.limit : (options.limit ?? SHOWN) },
        {
          signal,
          counted(counted) {
            diff = counted;
            csv?.begin(counted);
          },
          rows: csv?.rows ?? (options.rows ? async (rows) => void kept.push(...rows) : undefined),
        },
      );
      if (csv) return;
      showDiff(terminal, diff!);
      if (options.rows) await showRows(terminal, diff!, kept);
      terminal.document(diffDocument(diff!, options.rows ? kept : null));
    });
}
