import { createServer, type AddressInfo, type Socket } from 'node:net';
import { expect, test } from '@jest/globals';
import { databaseFailure } from '../../src/warehouse/failure.js';
import { createWorkspace } from '../setup/workspace.js';

test.each([
  'Connection terminated unexpectedly',
  'Connection terminated due to connection timeout',
  'Client has encountered a connection error and is not queryable',
  'Client was closed and is not queryable',
])('node-postgres’ `%s` is a lost connection', (message) => {
  expect(databaseFailure(new Error(message))).toMatchObject({
    code: 'database_lost',
    hint: expect.stringContaining('again'),
  });
});

test('node-postgres’ `timeout expired` is a database that does not answer', () => {
  expect(databaseFailure(new Error('timeout expired'))).toMatchObject({ code: 'database_unreachable' });
});

test('a port that is open and hangs up is told as what it is', async () => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.once('data', () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = server.address() as AddressInfo;
    const workspace = await createWorkspace({ database: false });
    const ran = await workspace.tally(['run', '--json'], {
      env: { DATABASE_URL: `postgresql://u:secret@127.0.0.1:${port}/x` },
    });
    expect(ran.code).toBe(1);
    expect(JSON.parse(ran.stdout).error).toMatchObject({
      code: expect.stringMatching(/^database_(lost|unreachable)$/),
      message: expect.not.stringContaining('secret'),
    });
  } finally {
    sockets.forEach((socket) => socket.destroy());
    server.close();
  }
});

test('another error is none of the database', () => {
  const error = new TypeError('x is not a function');
  expect(() => databaseFailure(error)).toThrow(error);
});
