import { Option, type Command } from 'commander';
import { TallyError } from '../../errors.js';
import type { Published } from '../../run/messages.js';
import type { DestinationStatus, ParkedMessage } from '../../messages/status.js';
import { command, contextOf, parseLimit, untilInterrupted, type CommonOptions } from '../command.js';
import type { Terminal } from '../terminal.js';

const DESTINATION = ['--destination <name>', 'only for this destination of destinations.yaml'] as const;

interface Selecting extends CommonOptions {
  destination?: string;
}

export function messagesStatusCommand(): Command {
  return command('status', 'What waits, was sent and is parked, for each destination', [
    'tally messages status',
    'tally messages status --destination crm --limit 100',
  ])
    .option(...DESTINATION)
    .option('--limit <n>', 'so many parked messages at most', parseLimit, 10)
    .action(async (options: Selecting & { limit: number }) => {
      const { terminal, config } = await contextOf(options);
      const { findDestination, loadDestinations } = await import('../../messages/destinations.js');
      const { listDestinations, listParked } = await import('../../messages/status.js');
      const { askLedger } = await import('../../run/status.js');
      const declared = loadDestinations(config);
      const { destinations, parked } = await askLedger(config, async (client) => ({
        destinations: (await listDestinations(client, declared)).filter(
          ({ destination }) => options.destination === undefined || destination === options.destination,
        ),
        parked: await listParked(client, options.destination, options.limit),
      }));
      // One that is no longer declared is shown as long as it has messages.
      if (options.destination !== undefined && destinations.length === 0)
        findDestination(declared, options.destination);
      await showStatus(terminal, destinations, parked);
      terminal.document({ destinations, parked });
    });
}

const COLUMNS = [
  { title: 'destination' },
  { title: 'kind' },
  { title: 'waiting', right: true },
  { title: 'sent', right: true },
  { title: 'parked', right: true },
  { title: 'waiting since' },
  { title: 'last sent' },
];

async function showStatus(
  { say, colors }: Terminal,
  destinations: DestinationStatus[],
  parked: ParkedMessage[],
): Promise<void> {
  const { table } = await import('../terminal.js');
  const { count, moment, printable } = await import('../text.js');
  if (destinations.length === 0)
    return say('No destinations. Declare them in destinations.yaml: docs/messages.md');
  const rows = destinations.map((each) => [
    each.destination,
    each.kind ?? 'not declared',
    count(each.waiting),
    count(each.sent),
    each.parked > 0 ? colors.yellow(count(each.parked)) : '0',
    moment(each.oldest_waiting_at),
    moment(each.last_sent_at),
  ]);
  say(table(COLUMNS, rows));
  const down = destinations.filter((each) => each.down_since !== null);
  const refused = destinations.filter((each) => each.down_since === null && each.last_error !== null);
  if (down.length + refused.length > 0) say();
  for (const each of down)
    say(colors.red(printable(`Down since ${moment(each.down_since)} UTC: ${each.last_error ?? ''}`)));
  for (const { destination, next_try_at: at, last_error: why } of refused)
    say(colors.yellow(printable(`To be tried again from ${moment(at)} UTC: ${destination}: ${why}`)));
  if (parked.length === 0) return;
  say();
  say('Parked, not tried again until you ask (tally messages retry):');
  for (const { destination, message_id: id, type, agency, tries, last_error: why } of parked)
    say(printable(`  ${destination}  ${id}  ${type} of ${agency}, refused ${tries} times: ${why}`));
}

export function publishCommand(): Command {
  return command('publish', 'Send what waits, until nothing does or a destination is down', [
    'tally messages publish',
    'tally messages publish --destination crm --compare-all',
  ])
    .option(...DESTINATION)
    .option('--compare-all', 'compare every agency with what was sent, not only those with new loads')
    .action(async (options: Selecting & { compareAll?: boolean }) => {
      const { terminal, config } = await contextOf(options);
      const { systemClock } = await import('../../clock.js');
      const { findDestination, loadDestinations } = await import('../../messages/destinations.js');
      const { publishMessages } = await import('../../run/messages.js');
      const { inSession } = await import('../../run/session.js');
      const destinations = loadDestinations(config);
      const only =
        options.destination === undefined ? undefined : findDestination(destinations, options.destination);
      const signal = untilInterrupted(terminal);
      const published = await inSession(
        { config, clock: systemClock, command: 'messages publish' },
        async (session) => {
          const result = await publishMessages(session, {
            wanted: ({ name }) => only === undefined || name === only.name,
            all: options.compareAll ?? false,
            fillUntil: signal,
            sendUntil: signal,
          });
          const isFailed = result.errors.length > 0 || result.carried.some(({ down }) => down !== null);
          return { result, outcome: signal.aborted ? 'interrupted' : isFailed ? 'failed' : 'done' };
        },
      );
      // Where messages go to stdout, it is theirs.
      const isTheirs = destinations.some(
        ({ kind, name }) => kind === 'stdout' && (!only || only.name === name),
      );
      await showPublished(terminal, published, isTheirs ? terminal.note : terminal.say);
      if (!isTheirs) terminal.document(documentOf(published));
      process.exitCode = signal.aborted ? 1 : await exitCodeOf(published);
    });
}

async function showPublished(
  terminal: Terminal,
  { carried, errors }: Published,
  say: (line: string) => void,
): Promise<void> {
  const { carriedLine, showErrors } = await import('../summary.js');
  if (carried.length + errors.length === 0)
    say('No destinations. Declare them in destinations.yaml: docs/messages.md');
  for (const each of carried) {
    if (each.down === null) say(carriedLine(each));
    else terminal.note(terminal.colors.red(carriedLine(each)));
  }
  showErrors(terminal.note, errors);
}

function documentOf({ carried, errors }: Published) {
  return {
    destinations: carried,
    errors: errors.map(({ code, message, hint = null }) => ({ code, message, hint })),
  };
}

async function exitCodeOf({ carried, errors }: Published): Promise<number> {
  const { ERROR_CODES } = await import('../../errors.js');
  if (errors.length > 0) return Math.min(...errors.map((error) => error.exitCode));
  if (carried.some(({ down }) => down !== null)) return ERROR_CODES.destination_down.exit;
  if (carried.some(({ parked }) => parked > 0)) return ERROR_CODES.messages_parked.exit;
  return carried.some(({ busy }) => busy) ? ERROR_CODES.messages_busy.exit : 0;
}

export function retryCommand(): Command {
  return command('retry', 'Let parked messages wait again, as if they had never been tried', [
    'tally messages retry',
    'tally messages retry --destination crm',
  ])
    .option(...DESTINATION)
    .addOption(new Option('--message <id>', 'only this one').argParser(parseMessageId))
    .action(async (options: Selecting & { message?: string }) => {
      const { terminal, config } = await contextOf(options);
      const { findDestination, loadDestinations } = await import('../../messages/destinations.js');
      const { retryMessages } = await import('../../messages/status.js');
      const { askLedger } = await import('../../run/status.js');
      const { plural } = await import('../text.js');
      const retried = await askLedger(config, (client) =>
        retryMessages(client, { destination: options.destination, message: options.message }),
      );
      if (options.destination !== undefined && retried === 0)
        findDestination(loadDestinations(config), options.destination);
      terminal.say(
        retried === 0
          ? 'No message is parked.'
          : `${plural(retried, 'message')} will be tried again: tally messages publish`,
      );
      terminal.document({ retried });
    });
}

function parseMessageId(text: string): string {
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)) return text;
  throw new TallyError('usage', `expected the id of a message, got \`${text}\``, {
    hint: 'tally messages status shows those that are parked.',
  });
}
