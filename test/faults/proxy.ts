import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** `up`: what the command sends to the database; `down`: what it hears back. */
export type Side = 'up' | 'down';

/** So many bytes have passed on a side, over all connections of the command; or a text is about to pass. */
export type Point = { side: Side; bytes: number } | { side: Side; text: string };

/** What is known of the connection on which the point was reached: its port as the server sees it. */
export interface Reached {
  port: number;
}

/**
 * Stands between a command and its database and counts bytes, so that a fault can be put at any place of what they
 * say to each other without a switch in either.
 */
export interface Proxy {
  /** The database's URL by way of the proxy. */
  url(database: string): string;
  passed: Record<Side, number>;
  /** At the point everything stands still until `act` is done; it says whether the connection lives on. */
  arm(point: Point | undefined, act?: (reached: Reached) => Promise<'go on' | 'cut'>): void;
  close(): Promise<void>;
}

export async function startProxy(): Promise<Proxy> {
  let target = { host: '127.0.0.1', port: 5432 };
  let armed: { point: Point; act: (reached: Reached) => Promise<'go on' | 'cut'> } | undefined;
  const passed = { up: 0, down: 0 };
  const sockets = new Set<Socket>();

  const server = createServer((near) => {
    const far = connect(target);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('close', () => sockets.delete(socket));
    }
    const cut = () => {
      near.destroy();
      far.destroy();
    };
    forward('up', near, far, cut);
    forward('down', far, near, cut);
  });

  function isReached(point: Point, side: Side, chunk: Buffer): boolean {
    if (point.side !== side) return false;
    return 'text' in point ? chunk.includes(point.text) : passed[side] >= point.bytes;
  }

  function forward(side: Side, from: Socket, to: Socket, cut: () => void): void {
    const far = side === 'up' ? to : from;
    from.on('data', (chunk: Buffer) => {
      const before = passed[side];
      passed[side] += chunk.length;
      if (armed && isReached(armed.point, side, chunk)) {
        const { point, act } = armed;
        armed = undefined;
        const length = 'text' in point ? 0 : Math.max(0, point.bytes - before);
        const send = (part: Buffer) => to.write(part);
        from.pause();
        send(chunk.subarray(0, length));
        void act({ port: far.localPort ?? 0 }).then((then) => {
          if (then === 'cut') return cut();
          send(chunk.subarray(length));
          from.resume();
        });
      } else if (!to.write(chunk)) {
        from.pause();
        to.once('drain', () => from.resume());
      }
    });
    from.on('end', () => to.end());
    from.on('error', cut);
    from.on('close', () => to.destroy());
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    passed,
    url(database) {
      const url = new URL(database);
      target = { host: url.hostname, port: Number(url.port || 5432) };
      url.hostname = '127.0.0.1';
      url.port = String(port);
      return url.href;
    },
    arm(point, act = async () => 'go on') {
      Object.assign(passed, { up: 0, down: 0 });
      armed = point && { point, act };
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
