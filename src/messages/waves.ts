import type { Message } from './publisher.js';

/**
 * Messages of one lane stand in different waves, in their order; all else goes with the first. A wave is sent when
 * the one before has been answered.
 */
export function wavesOf<M extends Message>(messages: readonly M[]): M[][] {
  const waves: M[][] = [];
  const seen = new Map<string, number>();
  for (const message of messages) {
    const lane = laneOf(message);
    const wave = seen.get(lane) ?? 0;
    seen.set(lane, wave + 1);
    (waves[wave] ??= []).push(message);
  }
  return waves;
}

export function laneOf({ agency, lane }: Message): string {
  return `${agency} ${lane}`;
}
