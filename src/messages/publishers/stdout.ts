import { wordsOf } from '../down.js';
import type { Destination } from '../destinations.js';
import { bodyOf } from '../body.js';
import { CONFIRMED, type Message, type Outcome, type Publisher } from '../publisher.js';

/** One line of JSON for each message; confirmed when the stream has taken it. */
export async function openStdout({ envelope }: Destination): Promise<Publisher> {
  const send = (message: Message): Promise<Outcome> =>
    new Promise((resolve) => {
      const line = bodyOf(message, envelope ?? true).replace(/[\r\n]+/g, ' ');
      process.stdout.write(`${line}\n`, (error) =>
        resolve(error ? { is: 'down', why: wordsOf(error) } : CONFIRMED),
      );
    });
  return { publish: (messages) => messages.map(send), close: async () => {} };
}
