import { createHash } from 'node:crypto';
import type { Client } from '../../warehouse/connect.js';
import { selectInBatches, type Batch } from '../../warehouse/rows.js';
import { statement } from '../../warehouse/statements.js';
import type { Encoding } from '../read/blocks.js';
import { shownBytes } from '../check/reasons.js';
import type { Differences } from './verification.js';

interface Recorded {
  line: number;
  sha256: string;
}

interface Met {
  line: number;
  raw: Buffer;
  isInvalid: boolean;
}

/**
 * Goes through the file and the file_invalid_rows of its load side by side, both in the order of lines, on a
 * connection of its own. Only checksums of raw texts come over it, so memory is bounded however long the rows are.
 */
export class RecordedInvalidRows {
  /** Rows of the file that are invalid by themselves. */
  invalid = 0;
  /** Lines whose raw text is recorded in other bytes than the file has. */
  private readonly altered: { line: number; raw: string }[] = [];
  private alteredCount = 0;
  private readonly batches: AsyncGenerator<Batch>;
  private waiting: Recorded[] = [];
  private next = 0;
  private exhausted = false;
  /** Rows of the current block that lie behind what has been fetched. */
  private held: Met[] = [];

  constructor(
    private readonly client: Client,
    /** Where they were cleaned, the rows of the file are only counted. */
    private readonly of: { loadId: string; isCleaned: boolean },
    private readonly encoding: Encoding,
    private readonly differences: Differences,
  ) {
    this.batches = selectInBatches(client, statement('verify/list_invalid_rows'), [of.loadId]);
  }

  /** A row of the file, in the order of lines; its bytes must stay as they are until `settle`. */
  meet(line: number, raw: Buffer, isInvalid: boolean): void {
    if (isInvalid) this.invalid++;
    const isCovered = this.exhausted || (this.waiting.at(-1)?.line ?? -1) >= line;
    if (isCovered && this.held.length === 0) this.judge(line, raw, isInvalid);
    else this.held.push({ line, raw, isInvalid });
  }

  /** Waited for between blocks, because within one the database cannot be asked. */
  async settle(): Promise<void> {
    const held = this.held;
    this.held = [];
    for (const { line, raw, isInvalid } of held) {
      while (!this.exhausted && (this.waiting.at(-1)?.line ?? -1) < line) await this.fetch();
      this.judge(line, raw, isInvalid);
    }
  }

  /** At the end of the file. */
  async finish(): Promise<void> {
    await this.settle();
    this.passOver(Infinity);
    while (!this.exhausted) {
      await this.fetch();
      this.passOver(Infinity);
    }
    await this.tellAltered();
  }

  async close(): Promise<void> {
    await this.batches.return(undefined);
  }

  private judge(line: number, raw: Buffer, isInvalid: boolean): void {
    this.passOver(line);
    const recorded = this.waiting[this.next];
    if (recorded?.line === line) {
      this.next++;
      if (createHash('sha256').update(raw).digest('hex') === recorded.sha256) return;
      this.alteredCount++;
      if (this.altered.length < this.differences.limit)
        this.altered.push({ line, raw: shownBytes(raw, this.encoding) });
    } else if (isInvalid && !this.of.isCleaned) {
      const row = shownBytes(raw, this.encoding);
      this.differences.add('invalid_row', `line ${line} is invalid, and is not in file_invalid_rows`, {
        line,
        row,
      });
    }
  }

  /** What is recorded of lines before this one stands for no row of the file. */
  private passOver(line: number): void {
    for (; this.next < this.waiting.length && this.waiting[this.next]!.line < line; this.next++) {
      const recorded = this.waiting[this.next]!.line;
      const message = `file_invalid_rows has a row of line ${recorded}, on which no row of the file begins`;
      this.differences.add('invalid_row', message, { line: recorded });
    }
  }

  private async fetch(): Promise<void> {
    // What is left of the batch before lies before the line that is asked for, and is passed over.
    this.passOver(Infinity);
    const { value, done } = (await this.batches.next()) as IteratorResult<Batch, undefined>;
    this.exhausted = done === true;
    this.waiting = (value?.rows ?? []).map(([line, sha256]) => ({
      line: Number(line),
      sha256: String(sha256),
    }));
    this.next = 0;
  }

  private async tellAltered(): Promise<void> {
    const lines = this.altered.map(({ line }) => line);
    const { rows } = await this.client.query<{ line_number: string; raw: Buffer }>(
      statement('verify/show_invalid_rows'),
      [this.of.loadId, lines],
    );
    for (const { line, raw } of this.altered) {
      const recorded = rows.find((row) => Number(row.line_number) === line)?.raw ?? Buffer.alloc(0);
      const found = shownBytes(recorded, this.encoding);
      const message = `line ${line}: file_invalid_rows has other bytes than the file`;
      const columns = [{ column: 'raw', expected: raw, found }];
      this.differences.add('invalid_row', message, { line, row: raw, columns });
    }
    this.differences.addUnseen(this.alteredCount - this.altered.length);
  }
}
