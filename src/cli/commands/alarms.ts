import { Option, type Command } from 'commander';
import type { AlarmKind } from '../../alarms/alarm.js';
import type { ListedAlarm } from '../../alarms/list.js';
import type { Sent } from '../../alarms/send.js';
import type { Config } from '../../config.js';
import { TallyError } from '../../errors.js';
import { command, contextOf, group, parseLimit, type CommonOptions } from '../command.js';
import type { Terminal } from '../terminal.js';

interface ListOptions extends CommonOptions {
  kind?: AlarmKind;
  open?: boolean;
  limit: number;
}

/** Who asks for it waits a little; a run does not. */
const LIMIT_MS = 30_000;

export function alarmsCommand(): Command {
  return group('alarms', 'What people are told when something failed, is held, late or well again', [
    'tally alarms',
    'tally alarms test',
  ])
    .addCommand(listCommand(), { isDefault: true })
    .addCommand(sendCommand())
    .addCommand(testCommand());
}

function listCommand(): Command {
  return command('list', 'The alarms, the latest first, and whether they were sent', [
    'tally alarms list --open',
    'tally alarms list --kind held --json',
  ])
    .addOption(
      new Option('--kind <kind>', 'only this kind').choices([
        'failed',
        'held',
        'late',
        'recovered',
        'invalid_share',
      ]),
    )
    .option('--open', 'only trouble that is not over')
    .option('--limit <n>', 'so many at most', parseLimit, 20)
    .action(async (options: ListOptions) => {
      const { terminal, config } = await contextOf(options);
      const { askLedger } = await import('../../run/status.js');
      const { listAlarms } = await import('../../alarms/list.js');
      const alarms = await askLedger(config, (client) => listAlarms(client, options, options.limit));
      if (alarms.length === 0) terminal.say(options.open ? 'No trouble is open.' : 'No alarms.');
      for (const alarm of alarms) await show(terminal, alarm);
      terminal.document(
        alarms.map((alarm) => ({
          ...alarm,
          alarm_id: Number(alarm.alarm_id),
          run_id: numberOrNull(alarm.run_id),
          load_id: numberOrNull(alarm.load_id),
        })),
      );
    });
}

async function show({ say, colors }: Terminal, alarm: ListedAlarm): Promise<void> {
  const { moment, printable } = await import('../text.js');
  const paint = {
    failed: colors.red,
    held: colors.yellow,
    late: colors.yellow,
    invalid_share: colors.yellow,
    recovered: colors.green,
    test: colors.dim,
  };
  const over = alarm.recovered_at ? colors.dim(`  (over since ${moment(alarm.recovered_at)})`) : '';
  say(
    `${alarm.alarm_id.padStart(5)}  ${moment(alarm.raised_at)}  ${paint[alarm.kind](alarm.kind.replace('_', ' '))}${over}`,
  );
  say(`       ${printable(alarm.what)}`);
  if (alarm.next_command !== null) say(`       Next: ${alarm.next_command}`);
  for (const { channel, state, attempts, last_error: error } of alarm.channels) {
    if (state === 'sent') say(colors.dim(`       ${channel}: sent`));
    else
      say(
        `       ${channel}: ${state.replace('_', ' ')}${error ? `, tried ${attempts} x: ${printable(error)}` : ''}`,
      );
  }
}

function sendCommand(): Command {
  return command('send', 'Look for what is to be told, and send what waits, also what was given up', [
    'tally alarms send',
  ]).action(async (options: CommonOptions) => {
    const { terminal, config } = await contextOf(options);
    refuseNoChannel(config);
    const { systemClock } = await import('../../clock.js');
    const { sendAlarms } = await import('../../run/sending.js');
    await told(terminal, await sendAlarms(config, systemClock, LIMIT_MS), 'Nothing waits to be sent.');
  });
}

function testCommand(): Command {
  return command('test', 'Send a test over each channel that is set', ['tally alarms test']).action(
    async (options: CommonOptions) => {
      const { terminal, config } = await contextOf(options);
      refuseNoChannel(config);
      const { systemClock } = await import('../../clock.js');
      const { sendTest } = await import('../../alarms/send.js');
      await told(terminal, await sendTest(config.alarms, systemClock, LIMIT_MS), '');
    },
  );
}

function refuseNoChannel({ alarms: { webhookUrl, slackUrl, mail } }: Config): void {
  if (webhookUrl ?? slackUrl ?? mail) return;
  throw new TallyError('config_invalid', 'No channel is set, so nobody is told.', {
    hint: 'Set TALLY_ALARM_WEBHOOK_URL, TALLY_ALARM_SLACK_URL or TALLY_ALARM_SMTP_URL in .env; docs/alarms.md explains them.',
  });
}

async function told({ say, alarm, colors, document }: Terminal, all: Sent[], nothing: string): Promise<void> {
  const { plural, printable } = await import('../text.js');
  for (const { channel, sent, failed, error } of all) {
    if (sent > 0) say(colors.green(`${channel}: ${plural(sent, 'alarm')} sent`));
    if (error !== null)
      alarm(colors.red(`${channel}: ${plural(failed, 'alarm')} not sent: ${printable(error)}`));
  }
  if (nothing && all.every(({ sent, failed }) => sent + failed === 0)) say(nothing);
  document(all);
  if (all.some(({ error }) => error !== null)) process.exitCode = 1;
}

function numberOrNull(text: string | null): number | null {
  return text === null ? null : Number(text);
}
