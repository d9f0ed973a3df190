import { randomUUID } from 'node:crypto';
import { expect } from '@jest/globals';
import winston from 'winston';
import type { Destination } from '../../../src/messages/destinations.js';
import type { Message, Outcome } from '../../../src/messages/publisher.js';
import { openPublisher } from '../../../src/messages/publishers/open.js';

/** One message, and how it ends: what became of it, or that there was no way to send it. */
export async function sendOne(
  destination: Destination,
  given: Partial<Message> = {},
): Promise<Outcome | { is: 'not open'; why: string }> {
  try {
    const publisher = await openPublisher(destination, winston.createLogger({ silent: true }));
    const [outcome] = await Promise.all(publisher.publish([messageOf(given)]));
    await publisher.close();
    return outcome!;
  } catch (error) {
    return { is: 'not open', why: (error as Error).message };
  }
}

export function notOpen(why: RegExp) {
  return { is: 'not open', why: expect.stringMatching(why) };
}

export function messageOf(given: Partial<Message> = {}): Message {
  return {
    id: randomUUID(),
    agency: 'agency_a',
    type: 'customer_message',
    subject: 'C-1',
    customerReference: 'C-1',
    lane: 'C-1',
    document: '{"type":"customer_message","customer_reference":"C-1","order_count":1,"total_price":1.1}',
    createdAt: new Date('2026-11-21T03:00:00Z'),
    ...given,
  };
}
