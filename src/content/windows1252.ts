/**
 * What Windows-1252 has where Latin-1 has control characters: bytes 0x80 to 0x9f. (Node 20's TextDecoder takes the
 * one for the other.)
 */
export const HIGH_1252 = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ';

/** A text whose bytes were taken for Latin-1, as they were meant. */
export function latin1As1252(text: string): string {
  return text.replace(/[\x80-\x9f]/g, (character) => HIGH_1252[character.charCodeAt(0) - 0x80]!);
}
