import type { Log } from '../../log.js';
import { inTime } from '../../until.js';
import type { Destination } from '../destinations.js';
import { down } from '../down.js';
import type { Publisher } from '../publisher.js';

/** Connects; throws a `destination_down` that says why it cannot. When the signal comes, it waits no longer. */
export async function openPublisher(
  destination: Destination,
  log: Log,
  signal = new AbortController().signal,
): Promise<Publisher> {
  const { timeout_seconds: seconds } = destination;
  return inTime(seconds * 1000, signal, async (limit, isLate) => {
    try {
      return await openByKind(destination, log, limit);
    } catch (error) {
      throw down(destination, isLate() ? new Error(`no answer for ${seconds} s`) : error);
    }
  });
}

/** The library of a kind is loaded only when it is used. */
async function openByKind(destination: Destination, log: Log, signal: AbortSignal): Promise<Publisher> {
  switch (destination.kind) {
    case 'amqp':
      return (await import('./amqp.js')).openAmqp(destination, log, signal);
    case 'mqtt':
      return (await import('./mqtt.js')).openMqtt(destination, log, signal);
    case 'sqs':
      return (await import('./sqs.js')).openSqs(destination, signal);
    case 'webhook':
      return (await import('./webhook.js')).openWebhook(destination);
    case 'stdout':
      return (await import('./stdout.js')).openStdout(destination);
  }
}
