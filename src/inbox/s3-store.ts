import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import type * as Sdk from '@aws-sdk/client-s3';
import type { S3Settings } from '../config.js';
import { isConflict, isMissing, s3Failure } from './s3-failure.js';

/** Where an object lies. */
export interface Place {
  bucket: string;
  key: string;
}

export interface ObjectFacts {
  key: string;
  modified: Date;
  etag: string;
}

export function isUrl(place: string): boolean {
  return place.startsWith('s3://');
}

export function placeOf(url: string): Place {
  const [, bucket, key] = /^s3:\/\/([^/]+)\/?(.*)$/s.exec(url)!;
  return { bucket: bucket!, key: key! };
}

export function urlOf({ bucket, key }: Place): string {
  return `s3://${bucket}/${key}`;
}

const GIB = 1024 ** 3;
/** S3 copies no more than this in one go. */
export const MOST_COPIED_BYTES = 5 * GIB;
const PARTS = { from: GIB, bytes: 64 * 1024 ** 2 };
const MOST_PARTS = 10_000;
/** A connection that breaks off is made anew from where it was. */
const ATTEMPTS = 4;

/** The few things that are asked of S3, with what goes wrong in our words. The SDK is loaded with the first of them. */
export class ObjectStore {
  private loaded: Promise<{ sdk: typeof Sdk; client: Sdk.S3Client }> | undefined;

  constructor(
    private readonly settings: S3Settings,
    private readonly parts = PARTS,
  ) {}

  async *list(place: Place): AsyncGenerator<ObjectFacts> {
    for (let token: string | undefined, more = true; more;) {
      const page = await this.ask(
        place,
        (sdk) =>
          new sdk.ListObjectsV2Command({
            Bucket: place.bucket,
            Prefix: place.key,
            ...(token === undefined ? {} : { ContinuationToken: token }),
          }),
      );
      for (const { Key, LastModified, ETag } of page.Contents ?? [])
        yield { key: Key!, modified: LastModified!, etag: ETag! };
      token = page.NextContinuationToken;
      more = page.IsTruncated === true && token !== undefined;
    }
  }

  async head(place: Place): Promise<ObjectFacts | undefined> {
    try {
      const head = await this.ask(place, (sdk) => new sdk.HeadObjectCommand(at(place)));
      return { key: place.key, modified: head.LastModified!, etag: head.ETag! };
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  /** The bytes of an object as long as it is the one with this tag. */
  async get(place: Place, etag: string | undefined, signal?: AbortSignal): Promise<Readable> {
    const first = await this.getFrom(place, etag, 0, signal);
    return Readable.from(this.resumed(first, place, etag, signal), { objectMode: false });
  }

  async put(place: Place, bytes: Buffer): Promise<void> {
    await this.ask(place, (sdk) => new sdk.PutObjectCommand({ ...at(place), Body: bytes }));
  }

  /** False where there is something already. */
  async putNew(place: Place, bytes: Buffer): Promise<boolean> {
    try {
      await this.ask(
        place,
        (sdk) => new sdk.PutObjectCommand({ ...at(place), Body: bytes, IfNoneMatch: '*' }),
      );
      return true;
    } catch (error) {
      if (isConflict(error)) return false;
      throw error;
    }
  }

  async putFile(place: Place, path: string, size: number): Promise<void> {
    if (size > this.parts.from) return this.putParts(place, path, size);
    const Body = createReadStream(path);
    try {
      await this.ask(place, (sdk) => new sdk.PutObjectCommand({ ...at(place), Body, ContentLength: size }));
    } finally {
      Body.destroy();
    }
  }

  async copy(from: Place, etag: string | undefined, to: Place): Promise<void> {
    const CopySource = `${from.bucket}/${from.key.split('/').map(encodeURIComponent).join('/')}`;
    const condition = etag === undefined ? {} : { CopySourceIfMatch: etag };
    await this.ask(to, (sdk) => new sdk.CopyObjectCommand({ ...at(to), CopySource, ...condition }));
  }

  /** If it is the one with this tag. */
  async remove(place: Place, etag: string | undefined): Promise<void> {
    const condition = etag === undefined ? {} : { IfMatch: etag };
    try {
      await this.ask(place, (sdk) => new sdk.DeleteObjectCommand({ ...at(place), ...condition }));
    } catch (error) {
      if (!isMissing(error) && !isConflict(error)) throw error;
    }
  }

  async tagsOf(place: Place): Promise<Sdk.Tag[]> {
    const { TagSet = [] } = await this.ask(place, (sdk) => new sdk.GetObjectTaggingCommand(at(place)));
    return TagSet;
  }

  async tag(place: Place, tags: Sdk.Tag[]): Promise<void> {
    const Tagging = { TagSet: tags };
    await this.ask(place, (sdk) => new sdk.PutObjectTaggingCommand({ ...at(place), Tagging }));
  }

  private async *resumed(
    first: Readable,
    place: Place,
    etag: string | undefined,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Buffer> {
    let body = first;
    let position = 0;
    for (let attempt = 1; ; attempt++) {
      try {
        for await (const chunk of body as AsyncIterable<Buffer>) {
          position += chunk.length;
          yield chunk;
        }
        return;
      } catch (error) {
        if (attempt === ATTEMPTS || signal?.aborted) throw s3Failure(error, urlOf(place), this.settings);
      }
      body = await this.getFrom(place, etag, position, signal);
    }
  }

  private async getFrom(
    place: Place,
    etag: string | undefined,
    position: number,
    signal: AbortSignal | undefined,
  ): Promise<Readable> {
    const condition = etag === undefined ? {} : { IfMatch: etag };
    const range = position === 0 ? {} : { Range: `bytes=${position}-` };
    const { Body } = await this.ask(
      place,
      (sdk) => new sdk.GetObjectCommand({ ...at(place), ...condition, ...range }),
      signal,
    );
    return Body as Readable;
  }

  /** What is too large for one request goes up in parts, of which S3 makes one object at the end. */
  private async putParts(place: Place, path: string, size: number): Promise<void> {
    const { UploadId } = await this.ask(place, (sdk) => new sdk.CreateMultipartUploadCommand(at(place)));
    const part = { ...at(place), UploadId };
    try {
      const length = Math.max(this.parts.bytes, Math.ceil(size / MOST_PARTS));
      const Parts: Sdk.CompletedPart[] = [];
      for (let start = 0; start < size; start += length) {
        const PartNumber = Parts.length + 1;
        const end = Math.min(start + length, size);
        const Body = createReadStream(path, { start, end: end - 1 });
        const sent = { ...part, PartNumber, Body, ContentLength: end - start };
        const { ETag } = await this.ask(place, (sdk) => new sdk.UploadPartCommand(sent));
        Parts.push({ PartNumber, ETag });
      }
      const MultipartUpload = { Parts };
      await this.ask(place, (sdk) => new sdk.CompleteMultipartUploadCommand({ ...part, MultipartUpload }));
    } catch (error) {
      // Else its parts would lie there, unseen and paid for.
      await this.ask(place, (sdk) => new sdk.AbortMultipartUploadCommand(part)).catch(() => {});
      throw error;
    }
  }

  private async ask<Input extends Sdk.ServiceInputTypes, Output extends Sdk.ServiceOutputTypes>(
    place: Place,
    commandOf: (sdk: typeof Sdk) => Command<Input, Output>,
    signal?: AbortSignal,
  ): Promise<Output> {
    const { sdk, client } = await (this.loaded ??= this.load());
    try {
      return await client.send(commandOf(sdk), { ...(signal ? { abortSignal: signal } : {}) });
    } catch (error) {
      throw s3Failure(error, urlOf(place), this.settings);
    }
  }

  private async load(): Promise<{ sdk: typeof Sdk; client: Sdk.S3Client }> {
    // Which Node it will want next year is nothing that a run has to say.
    process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
    const sdk = await import('@aws-sdk/client-s3');
    const { endpoint, pathStyle, credentials } = this.settings;
    // Other servers than AWS have no regions, and the SDK wants one all the same.
    const region = this.settings.region ?? (endpoint === undefined ? undefined : 'us-east-1');
    const client = new sdk.S3Client({
      forcePathStyle: pathStyle,
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(region === undefined ? {} : { region }),
      ...(credentials === undefined ? {} : { credentials }),
      // A server that says nothing must not hold up the night.
      requestHandler: { connectionTimeout: 10_000, socketTimeout: 60_000 },
    });
    return { sdk, client };
  }
}

type Command<Input extends Sdk.ServiceInputTypes, Output extends Sdk.ServiceOutputTypes> = Parameters<
  typeof Sdk.S3Client.prototype.send<Input, Output>
>[0];

function at({ bucket, key }: Place): { Bucket: string; Key: string } {
  return { Bucket: bucket, Key: key };
}

const stores = new WeakMap<S3Settings, ObjectStore>();

/** One client for all that a command asks. */
export function storeOf(settings: S3Settings): ObjectStore {
  const store = stores.get(settings) ?? new ObjectStore(settings);
  stores.set(settings, store);
  return store;
}
