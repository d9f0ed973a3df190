import type { FileHandle } from 'node:fs/promises';
import { TallyError } from '../errors.js';

/** Small enough that a file of a few megabytes shows how far its reading is. */
const PIECE_BYTES = 128 * 1024;

/** The packed bytes of a file, piece by piece; what was taken too much is given back. */
export class PackedBytes {
  private held: Buffer = Buffer.alloc(0);

  /** `next` is where the next piece is read, `to` where the last one ends. */
  constructor(
    private readonly file: FileHandle,
    private next: number,
    private readonly to: number,
    /** What they are, as it is said to people. */
    readonly said: string,
  ) {}

  /** How far the file has been used. */
  get position(): number {
    return this.next - this.held.length;
  }

  /** The next piece; undefined at the end. */
  async take(): Promise<Buffer | undefined> {
    if (this.held.length === 0) await this.readMore();
    if (this.held.length === 0) return undefined;
    const piece = this.held;
    this.held = Buffer.alloc(0);
    return piece;
  }

  /** Exactly so many bytes: the file is cut off where there are fewer. */
  async exactly(length: number): Promise<Buffer> {
    while (this.held.length < length) if (!(await this.readMore())) throw this.truncated();
    const bytes = this.held.subarray(0, length);
    this.held = this.held.subarray(length);
    return bytes;
  }

  async isAtEnd(): Promise<boolean> {
    return this.held.length === 0 && !(await this.readMore());
  }

  giveBack(bytes: Buffer): void {
    this.held = this.held.length === 0 ? bytes : Buffer.concat([bytes, this.held]);
  }

  truncated(): TallyError {
    return new TallyError(
      'file_truncated',
      `The ${this.said} file ends before its content does. Nothing was loaded.`,
      { hint: 'It was cut off on its way, or is still being written: ask for it again.' },
    );
  }

  damaged(what: string, cause?: unknown): TallyError {
    return new TallyError('file_damaged', `The ${this.said} file is damaged: ${what}. Nothing was loaded.`, {
      hint: 'Ask for it again.',
      cause,
    });
  }

  private async readMore(): Promise<boolean> {
    const length = Math.min(PIECE_BYTES, this.to - this.next);
    if (length <= 0) return false;
    const piece = Buffer.allocUnsafeSlow(length);
    const { bytesRead } = await this.file.read(piece, 0, length, this.next);
    this.next += bytesRead;
    const read = piece.subarray(0, bytesRead);
    this.held = this.held.length === 0 ? read : Buffer.concat([this.held, read]);
    return bytesRead > 0;
  }
}
