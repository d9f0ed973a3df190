import { Readable } from 'node:stream';
import type { Content } from '../content/content.js';
import type { Client, Warehouse } from '../warehouse/connect.js';
import { copyFrom, startCopy, type Copy } from '../warehouse/copy.js';
import { statement, type Relation } from '../warehouse/statements.js';
import { Buffers } from './buffers.js';
import type { Reason } from './check/reasons.js';
import { escape, frameOf, textOfReasons, type ReasonFrame } from './reasonText.js';

/** Up to here invalid rows wait in memory, until the rows that are valid are in. */
const MEMORY_BYTES = 1024 * 1024;

const [TAB, LF, ZERO, BACKSLASH] = [9, 10, 48, 92];
/** Printable ASCII is written as it is; DEL and what lies below a blank is not. */
const FIRST_PRINTABLE = 32;
const LAST_PRINTABLE = 126;

export interface ReasonCount {
  column: string | null;
  rule: string;
  count: number;
  first_line: number;
  message: string;
}

/** The load that the rows are of. */
export interface InvalidOf {
  loadId: string;
  feed: string;
  agency: string;
  fileName: string;
  table: string;
}

/**
 * The invalid rows of a load, on their way to file_invalid_rows. A few wait in memory for the end of the COPY of the
 * valid ones. Many go into a table of their own at once, over a connection of their own: so they cost neither memory
 * nor disk, and a second core takes them while the first takes the others; and what is the same for all of them is
 * kept once, not in each row. That table is a part of file_invalid_rows from the moment when the load is published.
 */
export class InvalidRows {
  count = 0;
  /** How often each reason came up, with an example: what a person wants to see first. */
  readonly reasons = new Map<string, ReasonCount>();
  private content: Pick<Content, 'raw' | 'rawEncoding'> = { rawEncoding: 'utf-8' };
  private readonly counted = new Map<string | null, Map<string, { of: ReasonCount; frame: ReasonFrame }>>();
  private readonly frames: ReasonFrame[] = [];
  private waiting: Buffer[] = [];
  private waitingBytes = 0;
  private readonly buffers = new Buffers();
  private buffer = this.buffers.next(0);
  private used = 0;
  private own: { client: Client; copy: Copy } | undefined;

  constructor(
    private readonly warehouse: Warehouse,
    private readonly of: InvalidOf,
  ) {}

  /** Comes before the first row: how raw texts stand in the file. */
  begin(content: Pick<Content, 'raw' | 'rawEncoding'>): void {
    this.content = content;
  }

  /** `bytes[start, end)` is the row as it was read. */
  add(line: number, bytes: Buffer, start: number, end: number, reasons: Reason[]): void {
    if (!this.content.raw) this.append(line, bytes, start, end, reasons);
    else {
      const raw = this.content.raw(bytes.subarray(start, end));
      this.append(line, raw, 0, raw.length, reasons);
    }
  }

  private append(line: number, bytes: Buffer, start: number, end: number, reasons: Reason[]): void {
    for (let i = 0; i < reasons.length; i++) this.frames[i] = this.countReason(reasons[i]!, line);
    const why = textOfReasons(reasons, this.frames);
    // At most: the line's number, the raw text in hexadecimal digits, and three bytes for each character.
    this.makeRoom(64 + 2 * (end - start) + 3 * why.length);
    this.appendNumber(line);
    this.buffer[this.used++] = TAB;
    this.appendRaw(bytes, start, end);
    this.buffer[this.used++] = TAB;
    this.used += this.buffer.write(why, this.used, 'utf8');
    this.buffer[this.used++] = LF;
    this.count++;
  }

  /** Called between blocks: what is more than a few goes to the database. */
  async relieve(): Promise<void> {
    if (this.own === undefined && this.waitingBytes + this.used < MEMORY_BYTES) return;
    const { copy } = (this.own ??= await this.openOwn());
    for (const chunk of this.take()) await copy.write(chunk);
    this.buffers.sent(this.buffer);
  }

  /** Brings the last ones in, and tells how many the server took; within the transaction of the load. */
  async finish(client: Client): Promise<number> {
    if (this.count === 0) return 0;
    if (this.own === undefined) return this.copyShared(client);
    await this.relieve();
    const taken = await this.own.copy.end();
    const { loadId, feed, agency, fileName, table } = this.of;
    const words = {
      table: ownTable(loadId),
      load_id: loadId,
      feed,
      agency,
      file_name: fileName,
      table_name: table,
      encoding: this.content.rawEncoding,
    };
    await this.own.client.query(statement('load/complete_invalid_table', words));
    // Nobody's until it is attached: if the load comes to nothing after this, `dropOrphans` finds it.
    await this.own.client.query('commit');
    return taken;
  }

  /** Makes them a part of file_invalid_rows, together with everything else that the caller's transaction does. */
  async attach(client: Client): Promise<void> {
    if (this.own === undefined) return;
    await client.query(statement('load/attach_invalid_table', { table: ownTable(this.of.loadId) }));
  }

  /** Lets go of the connection; what is not finished by then is gone. */
  async close(): Promise<void> {
    this.waiting = [];
    const { own } = this;
    this.own = undefined;
    own?.copy.abort();
    await own?.client.end().catch(() => {});
  }

  private async openOwn(): Promise<{ client: Client; copy: Copy }> {
    const client = await this.warehouse.connect('tally invalid rows');
    try {
      const table = ownTable(this.of.loadId);
      await client.query('begin');
      await client.query(statement('load/tune_transaction'));
      await client.query(statement('load/create_invalid_table', { table }));
      return { client, copy: startCopy(client, statement('load/copy_own_invalid_rows', { table })) };
    } catch (error) {
      await client.end().catch(() => {});
      throw error;
    }
  }

  private async copyShared(client: Client): Promise<number> {
    const { loadId, feed, agency, fileName, table } = this.of;
    const behind = `\t${[feed, agency, fileName, table, this.content.rawEncoding].map(escape).join('\t')}\n`;
    // As bytes, each of them one character; a row has no line break in it but its own.
    const rows = Buffer.concat(this.take()).toString('latin1').slice(0, -1).split('\n');
    const before = `${loadId}\t`;
    const suffix = Buffer.from(behind).toString('latin1');
    const bytes = Buffer.from(rows.map((row) => before + row + suffix).join(''), 'latin1');
    return copyFrom(client, statement('load/copy_invalid_rows'), Readable.from([bytes]));
  }

  private take(): Buffer[] {
    this.flush();
    const taken = this.waiting;
    this.waiting = [];
    this.waitingBytes = 0;
    return taken;
  }

  private countReason(reason: Reason, line: number): ReasonFrame {
    const { column, rule, message } = reason;
    let ofColumn = this.counted.get(column);
    if (!ofColumn) this.counted.set(column, (ofColumn = new Map()));
    const known = ofColumn.get(rule);
    if (!known) {
      const first = { column, rule, count: 1, first_line: line, message };
      const frame = frameOf(reason);
      ofColumn.set(rule, { of: first, frame });
      this.reasons.set(`${column} ${rule}`, first);
      return frame;
    }
    known.of.count++;
    if (line < known.of.first_line) Object.assign(known.of, { first_line: line, message });
    return known.frame;
  }

  private appendNumber(number: number): void {
    let end = this.used + 1;
    for (let rest = number; rest >= 10; rest = Math.floor(rest / 10)) end++;
    this.used = end;
    for (let rest = number; ; rest = Math.floor(rest / 10)) {
      this.buffer[--end] = ZERO + (rest % 10);
      if (rest < 10) return;
    }
  }

  /** As bytea takes it: printable text as it is, anything else as hexadecimal digits. COPY wants each backslash twice. */
  private appendRaw(bytes: Buffer, start: number, end: number): void {
    const { buffer } = this;
    let used = this.used;
    for (let i = start; i < end; i++) {
      const byte = bytes[i]!;
      if (byte < FIRST_PRINTABLE || byte > LAST_PRINTABLE || byte === BACKSLASH) {
        this.used += buffer.write('\\\\x', this.used, 'latin1');
        this.used += buffer.write(bytes.toString('hex', start, end), this.used, 'latin1');
        return;
      }
      buffer[used++] = byte;
    }
    this.used = used;
  }

  private makeRoom(length: number): void {
    if (this.used + length <= this.buffer.length) return;
    this.flush(length);
    if (length > this.buffer.length) this.buffer = this.buffers.next(length);
  }

  private flush(room = 0): void {
    if (this.used === 0) return;
    this.waiting.push(this.buffer.subarray(0, this.used));
    this.waitingBytes += this.used;
    this.buffer = this.buffers.next(room);
    this.used = 0;
  }
}

/** Drops versions and tables of invalid rows whose load came to nothing. */
export async function dropOrphans(client: Client): Promise<void> {
  const { rows } = await client.query<{ name: string }>(statement('load/list_orphans'));
  for (const { name } of rows) {
    await client.query(statement('load/drop_table', { table: { schema: 'tally_version', name } }));
  }
}

/** The table of the invalid rows of one load, if they are many. */
function ownTable(loadId: string): Relation {
  return { schema: 'tally_version', name: `invalid_${loadId}` };
}
