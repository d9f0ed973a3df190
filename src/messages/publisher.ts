/** A message on its way; the document is the text that is sent. */
export interface Message {
  id: string;
  agency: string;
  type: string;
  /** What it is about: of one subject the last message counts. */
  subject: string;
  customerReference: string | null;
  /** Messages of one lane are sent one after the other. */
  lane: string;
  document: string;
  createdAt: Date;
}

export type Outcome =
  | { is: 'confirmed' }
  /** This message was refused. `poison`: it would be again, so it is not tried again by itself. */
  | { is: 'refused'; why: string; poison: boolean }
  /** The connection is gone, or no answer came: nobody knows whether it has arrived. */
  | { is: 'lost'; why: string }
  /** The destination takes nothing now, whatever the message is. */
  | { is: 'down'; why: string };

/** A connection to a destination. When it is down, or a message was lost, nothing more is sent over it. */
export interface Publisher {
  /**
   * Sends messages of different lanes, and tells of each what became of it: one promise for each message, in the
   * same order, and each comes true: a failure is an outcome.
   */
  publish(messages: readonly Message[]): Promise<Outcome>[];
  /** Ends the connection; what is still on its way is given up, and what has not begun never does. */
  close(): Promise<void>;
}

export const CONFIRMED: Outcome = { is: 'confirmed' };
