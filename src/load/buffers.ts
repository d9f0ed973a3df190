const BUFFER_BYTES = 256 * 1024;

/**
 * Buffers that are used again when what they held has been sent. New ones for each would be left to the collector,
 * which lets a hundred megabytes of them come together before it looks.
 */
export class Buffers {
  private free: Buffer[] = [];
  private handedOut: Buffer[] = [];

  /** One of so many bytes at least. */
  next(length: number): Buffer {
    const buffer =
      length > BUFFER_BYTES
        ? Buffer.allocUnsafeSlow(length)
        : (this.free.pop() ?? Buffer.allocUnsafeSlow(BUFFER_BYTES));
    if (buffer.length === BUFFER_BYTES) this.handedOut.push(buffer);
    return buffer;
  }

  /** What the buffers before `inUse` held has been sent. */
  sent(inUse: Buffer): void {
    this.free.push(...this.handedOut.filter((buffer) => buffer !== inUse));
    this.handedOut = this.handedOut.filter((buffer) => buffer === inUse);
  }
}
