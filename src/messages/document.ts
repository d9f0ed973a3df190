import * as z from 'zod';

/** What leaves: docs/messages.schema.json is generated from here, and tests hold every message against it. */

const reference = z.string().nullable().describe('As the agency delivers it; null where there is none');

export const customerMessage = z
  .strictObject({
    type: z.literal('customer_message'),
    customer_reference: z.string(),
    order_count: z.int().min(0).describe('Every order that the customer placed, those without items too'),
    total_price: z
      .number()
      .describe('The sum of the items of those orders: an exact decimal, to be read as one'),
  })
  .describe('A customer, as the warehouse has it now');

const faulty = {
  customer_reference: reference,
  order_reference: reference,
  message: z.string().describe('What is wrong with it'),
};

export const errorMessage = z
  .strictObject({ type: z.literal('error_message'), ...faulty })
  .describe('An order whose customer, or an item whose order, is not known');

export const errorResolvedMessage = z
  .strictObject({ type: z.literal('error_resolved_message'), ...faulty })
  .describe('An error that was told before, in the same words, and is no more');

export const envelope = z
  .strictObject({
    message_id: z.uuid().describe('The same at each try: a consumer drops what it has seen'),
    agency: z.string(),
    subject: z
      .string()
      .describe('What it is about, within its agency and kind: of one subject the last message counts'),
    created_at: z.iso.datetime(),
    message: z.union([customerMessage, errorMessage, errorResolvedMessage]),
  })
  .describe('A message with what else is to be known of it, where the way has no place beside the body');
