import type { Reading } from './content.js';

/** Fills buffers with what comes in pieces of any size. */
export class PieceReading implements Reading {
  private held: Buffer = Buffer.alloc(0);

  constructor(
    private readonly pieces: AsyncGenerator<Buffer, void>,
    /** What knows how far the file has been used. */
    private readonly used: { readonly position: number },
  ) {}

  get position(): number {
    return this.used.position;
  }

  async read(into: Buffer, offset: number, length: number): Promise<number> {
    let filled = 0;
    while (filled < length) {
      if (this.held.length === 0) {
        const next = await this.pieces.next();
        if (next.done) break;
        this.held = next.value;
      }
      const copied = this.held.copy(into, offset + filled, 0, length - filled);
      this.held = this.held.subarray(copied);
      filled += copied;
    }
    return filled;
  }

  async close(): Promise<void> {
    await this.pieces.return();
  }
}
