import type { Terminal } from './terminal.js';

/** Something that goes on until it is told to stop: the scheduler is one. */
export interface Service {
  /** Resolved when it is over, if that may happen by itself. */
  readonly closed?: Promise<void>;
  close(inHurry?: boolean): Promise<void>;
}

/** Starts services one after the other, and closes them in the same order at SIGTERM or Ctrl+C. */
export async function untilStopped(
  terminal: Terminal,
  starts: (() => Service | Promise<Service>)[],
): Promise<void> {
  const services: Service[] = [];
  const closeAll = async (inHurry: boolean): Promise<void> => {
    for (const service of services) await service.close(inHurry);
  };
  let told = 0;
  const stop = (): void => {
    told++;
    if (told > 2) process.exit(1);
    terminal.note(
      told === 1
        ? 'Stopping: what is going on may finish first. (Again to roll it back.)'
        : 'Stopping at once: what is not loaded is rolled back.',
    );
    void closeAll(told > 1);
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  try {
    for (const start of starts) {
      if (told === 0) services.push(await start());
    }
    // Told to stop while one was being started.
    if (told > 0) await closeAll(false);
    await Promise.race(services.flatMap(({ closed }) => closed ?? []));
  } finally {
    await closeAll(false);
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
}
