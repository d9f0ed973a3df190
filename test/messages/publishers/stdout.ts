import type { Destination } from '../../../src/messages/destinations.js';
import type { Heard, Place } from './places.js';

/** Listens to what this process writes, until it is closed. */
export async function ownStdout(): Promise<Place> {
  const heard: Heard[] = [];
  const write = process.stdout.write;
  process.stdout.write = ((line: string, done: () => void) => {
    if (!line.startsWith('{"message_id"')) return write.call(process.stdout, line, 'utf8', done);
    const {
      message_id: id,
      agency,
      subject,
      message,
    } = JSON.parse(line) as Record<string, string> & {
      message: { type: string };
    };
    const body = line.slice(line.indexOf('"message":') + '"message":'.length, -2);
    heard.push({ id: id!, agency: agency!, subject: subject!, type: message.type, body });
    done();
    return true;
  }) as typeof process.stdout.write;
  return {
    heard,
    port: undefined,
    destination: () => ({ kind: 'stdout', name: 'place', envelope: true, timeout_seconds: 5 }) as Destination,
    listen: async () => {},
    async close() {
      process.stdout.write = write;
    },
  };
}
