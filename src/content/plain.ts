import type { FileHandle } from 'node:fs/promises';
import type { Reading } from './content.js';

/** A file as it lies there: its bytes go straight into the buffer of whoever asks. */
export class PlainReading implements Reading {
  position = 0;

  constructor(private readonly file: FileHandle) {}

  async read(into: Buffer, offset: number, length: number): Promise<number> {
    const { bytesRead } = await this.file.read(into, offset, length, this.position);
    this.position += bytesRead;
    return bytesRead;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
