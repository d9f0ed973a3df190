import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { buildApp } from 'fauxqs';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import type { S3Settings } from '../../src/config.js';

const CREDENTIALS = { accessKeyId: 'tester', secretAccessKey: 'not-a-secret' };

/** A bucket on an S3 server of this machine. */
export interface Bucket {
  url: string;
  settings: S3Settings;
  /** The same for a command. */
  env: Record<string, string>;
  put(key: string, content: string | Buffer): Promise<void>;
  read(key: string): Promise<Buffer>;
  remove(key: string): Promise<void>;
  list(): Promise<string[]>;
  tags(key: string): Promise<Record<string, string>>;
  /** What has been asked, as `METHOD key`. */
  asked: string[];
  /** How the next answers with bytes are cut off: after so many of them. */
  cutOff: number[];
  close(): Promise<void>;
}

type App = ReturnType<typeof buildApp>;

export async function startS3(name = 'deliveries'): Promise<Bucket> {
  const app = buildApp({ logger: false });
  const asked: string[] = [];
  const cutOff: number[] = [];
  addWhatIsMissing(app, asked, cutOff);
  await app.listen({ host: '127.0.0.1', port: 0 });
  const endpoint = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  const settings: S3Settings = {
    done: 'move',
    endpoint,
    pathStyle: true,
    region: 'us-east-1',
    credentials: CREDENTIALS,
  };
  const client = new S3Client({
    endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: CREDENTIALS,
  });
  await client.send(new CreateBucketCommand({ Bucket: name }));
  const at = (Key: string) => ({ Bucket: name, Key });
  return {
    url: `s3://${name}`,
    settings,
    env: {
      TALLY_S3_ENDPOINT: endpoint,
      TALLY_S3_PATH_STYLE: 'on',
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    },
    put: async (key, content) => {
      await client.send(new PutObjectCommand({ ...at(key), Body: Buffer.from(content as string) }));
    },
    read: async (key) => {
      const { Body } = await client.send(new GetObjectCommand(at(key)));
      return Buffer.from(await Body!.transformToByteArray());
    },
    remove: async (key) => {
      await client.send(new DeleteObjectCommand(at(key)));
    },
    list: async () => {
      const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: name }));
      return Contents.map(({ Key }) => Key!).sort();
    },
    tags: async (key) => {
      const { TagSet = [] } = await client.send(new GetObjectTaggingCommand(at(key)));
      return Object.fromEntries(TagSet.map(({ Key, Value }) => [Key!, Value!]));
    },
    asked,
    cutOff,
    close: async () => {
      client.destroy();
      await app.close();
    },
  };
}

/** fauxqs has no tags and heeds no conditions of writing; here it gets both, as the API of S3 describes them. */
function addWhatIsMissing(app: App, asked: string[], cutOff: number[]): void {
  const tags = new Map<string, string>();
  app.addHook('preHandler', async (request, reply) => {
    const [path, query] = request.url.split('?') as [string, string?];
    if (request.headers['x-ours']) return undefined;
    asked.push(`${request.method} ${decodeURIComponent(path.split('/').slice(2).join('/'))}`);
    const isTagging = new URLSearchParams(query).has('tagging');
    if (isTagging && request.method === 'PUT') {
      tags.set(path, tagSetOf(String(request.body)));
      return reply.status(200).send();
    }
    if (isTagging) {
      const text = `<?xml version="1.0"?><Tagging><TagSet>${tags.get(path) ?? ''}</TagSet></Tagging>`;
      return reply.header('content-type', 'application/xml').status(200).send(text);
    }
    const { method } = request;
    const expected = { ifNone: request.headers['if-none-match'], ifIs: request.headers['if-match'] };
    if (method === 'PUT' || method === 'DELETE') {
      const there = await app.inject({ method: 'HEAD', url: path, headers: { 'x-ours': '1' } });
      const isThere = there.statusCode === 200;
      const isOther = expected.ifIs !== undefined && there.headers.etag !== expected.ifIs;
      if ((expected.ifNone === '*' && isThere) || (isThere && isOther)) {
        const text = '<?xml version="1.0"?><Error><Code>PreconditionFailed</Code></Error>';
        return reply.header('content-type', 'application/xml').status(412).send(text);
      }
      // Whatever is put has no tags at first.
      tags.delete(path);
    }
    return undefined;
  });
  app.addHook('onSend', async (request, reply, payload) => {
    if (request.method !== 'GET' || !Buffer.isBuffer(payload) || cutOff.length === 0) return payload;
    const bytes = cutOff.shift()!;
    reply.raw.writeHead(reply.statusCode, { ...(reply.getHeaders() as Record<string, string>) });
    reply.raw.write(payload.subarray(0, bytes));
    await once(reply.raw.socket!, 'drain', { signal: AbortSignal.timeout(50) }).catch(() => {});
    reply.hijack();
    reply.raw.destroy();
    return null;
  });
}

function tagSetOf(body: string): string {
  return /<TagSet>(.*)<\/TagSet>/s.exec(body)?.[1] ?? '';
}
