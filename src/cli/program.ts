import { Command } from 'commander';
import { VERSION } from '../version.js';
import { agenciesCommand } from './commands/agencies.js';
import { alarmsCommand } from './commands/alarms.js';
import { backfillCommand } from './commands/backfill.js';
import { barcodesCommand } from './commands/barcodes.js';
import { checkCommand } from './commands/check.js';
import { cleanCommand } from './commands/clean.js';
import { dbCommand } from './commands/db.js';
import { diffCommand } from './commands/diff.js';
import { feedsCommand } from './commands/feeds.js';
import { initCommand } from './commands/init.js';
import { invalidCommand } from './commands/invalid.js';
import { loadCommand } from './commands/load.js';
import { loadsCommand } from './commands/loads.js';
import { messagesCommand } from './commands/messages.js';
import { reportCommand } from './commands/report.js';
import { rollbackCommand } from './commands/rollback.js';
import { runCommand } from './commands/run.js';
import { scheduleCommand } from './commands/schedule.js';
import { startCommand } from './commands/start.js';
import { statusCommand } from './commands/status.js';
import { verifyCommand } from './commands/verify.js';

/** The whole command line; nothing heavy is imported before a command is run. */
export function createProgram(): Command {
  const program = new Command('tally')
    .description(
      'Agencies deliver CSV files; Tallyhouse loads them into PostgreSQL, and every row has a fate.',
    )
    // An option behind the name of a command is that command's, also where the one above has the same.
    .enablePositionalOptions()
    .version(VERSION, '-V, --version', 'print the version')
    // So that a command with commands below it leaves them their options.
    .enablePositionalOptions()
    .addHelpText(
      'after',
      '\nExit codes: 0 done, 1 failed, 2 usage or configuration, 3 something was held, is late, or could not be verified.\nStart with: tally run',
    );
  for (const make of [
    runCommand,
    loadCommand,
    backfillCommand,
    reportCommand,
    statusCommand,
    loadsCommand,
    invalidCommand,
    messagesCommand,
    barcodesCommand,
    agenciesCommand,
    feedsCommand,
    diffCommand,
    rollbackCommand,
    verifyCommand,
    cleanCommand,
    alarmsCommand,
    scheduleCommand,
    startCommand,
    dbCommand,
    checkCommand,
    initCommand,
  ]) {
    program.addCommand(make());
  }
  return program;
}
