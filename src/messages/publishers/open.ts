import { TallyError } from '../../errors.js';
import type { Log } from '../../log.js';
import type { Destination } from '../destinations.js';
import { down } from '../down.js';
import type { Publisher } from '../publisher.js';

/** Connects; throws a `destination_down` that says why it cannot. */
export async function openPublisher(destination: Destination, log: Log): Promise<Publisher> {
  try {
    return await openByKind(destination, log);
  } catch (error) {
    throw error instanceof TallyError ? error : down(destination, error);
  }
}

/** The library of a kind is loaded only when it is used. */
async function openByKind(destination: Destination, log: Log): Promise<Publisher> {
  switch (destination.kind) {
    case 'amqp':
      return (await import('./amqp.js')).openAmqp(destination, log);
    case 'mqtt':
      return (await import('./mqtt.js')).openMqtt(destination, log);
    case 'sqs':
      return (await import('./sqs.js')).openSqs(destination);
    case 'webhook':
      return (await import('./webhook.js')).openWebhook(destination);
    case 'stdout':
      return (await import('./stdout.js')).openStdout(destination);
  }
}
