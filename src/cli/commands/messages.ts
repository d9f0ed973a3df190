import { once } from 'node:events';
import { Option, type Command } from 'commander';
import type { MessageType } from '../../report/messages.js';
import { command, contextOf, type CommonOptions } from '../command.js';
import { messagesStatusCommand, publishCommand, retryCommand } from './publishing.js';

interface MessagesOptions extends CommonOptions {
  type?: MessageType;
  agency?: string;
}

export function messagesCommand(): Command {
  return command('messages', 'The messages of customers and of errors, as two JSON arrays', [
    'tally messages',
    'tally messages --type customer --agency agency_a > customer_messages.json',
    'tally messages status',
    'tally messages publish',
  ])
    .addOption(new Option('--type <type>', 'only these').choices(['customer', 'error']))
    .option('--agency <agency>', 'only of this agency')
    .enablePositionalOptions()
    .addCommand(messagesStatusCommand())
    .addCommand(publishCommand())
    .addCommand(retryCommand())
    .action(async (options: MessagesOptions) => {
      const { config } = await contextOf(options);
      const { askViews } = await import('../../run/ask.js');
      const { messageTexts } = await import('../../report/messages.js');
      const types: MessageType[] = options.type ? [options.type] : ['customer', 'error'];
      await askViews(config, options.agency, async (client, agency) => {
        for (const type of types) {
          if (options.json) await print(`${type === types[0] ? '{' : ','}\n"${type}_messages": `);
          for await (const text of messageTexts(client, type, agency)) await print(text);
        }
        if (options.json) await print('}\n');
      });
    });
}

/** As fast as it is read, so that a million of them do not wait in memory. */
async function print(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain');
}
