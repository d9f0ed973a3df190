import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { transformFile } from '@swc/core';

/** A process of its own that uses the embedded database of a workspace, as another tally would. */
export interface OtherProcess {
  use(): Promise<string>;
  release(): Promise<string>;
  isAlive(): Promise<boolean>;
  /** Lets it come to its end with whatever it holds, and gives its exit code. */
  finish(): Promise<number | null>;
}

const REPOSITORY = fileURLToPath(new URL('../../../', import.meta.url));
const SCRIPT = `
import { createInterface } from 'node:readline';
import { useEmbedded } from './src/warehouse/embedded/embedded.js';
let connection;
for await (const command of createInterface({ input: process.stdin })) {
  if (command === 'use') connection = await useEmbedded(process.argv[2]);
  console.log(command === 'release' ? await connection.release() : connection?.url);
}
`;

let folder: string | undefined;
const running: ChildProcessWithoutNullStreams[] = [];

export async function startProcess(workspace: string): Promise<OtherProcess> {
  folder ??= await compile();
  const child = spawn(process.execPath, [join(folder, 'script.js'), workspace], {
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  running.push(child);
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const exited = once(child, 'exit') as Promise<[number | null]>;
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async (command: string): Promise<string> => {
    child.stdin.write(`${command}\n`);
    const { value, done } = await lines.next();
    if (done) throw new Error(`the other process ended: ${errors}`);
    return value;
  };
  return {
    use: () => ask('use'),
    release: () => ask('release'),
    isAlive: () => ask('say').then(() => true),
    finish: async () => {
      child.stdin.end();
      return (await exited)[0];
    },
  };
}

/** For afterAll. */
export async function endProcesses(): Promise<void> {
  for (const child of running.splice(0)) child.kill('SIGKILL');
  if (folder) await rm(folder, { recursive: true, force: true });
}

/** Node cannot run TypeScript yet: the room is compiled into a folder that sees the same packages. */
async function compile(): Promise<string> {
  const target = await mkdtemp(join(tmpdir(), 'tally-compiled-'));
  const room = 'src/warehouse/embedded';
  const files = (await readdir(join(REPOSITORY, room))).map((name) => `${room}/${name}`);
  for (const file of ['src/errors.ts', ...files]) {
    const { code } = await transformFile(join(REPOSITORY, file), {
      jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
      module: { type: 'es6' },
    });
    const path = join(target, file.replace(/\.ts$/, '.js'));
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, code);
  }
  await writeFile(join(target, 'script.js'), SCRIPT);
  await writeFile(join(target, 'package.json'), '{ "type": "module" }');
  await symlink(join(REPOSITORY, 'node_modules'), join(target, 'node_modules'));
  return target;
}
