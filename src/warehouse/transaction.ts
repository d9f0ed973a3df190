import type { Client } from './connect.js';

/** Everything or nothing; a connection that is lost meanwhile has rolled back by itself. */
export async function transaction<T>(client: Client, work: () => Promise<T>): Promise<T> {
  await client.query('begin');
  try {
    const result = await work();
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch(() => {});
    throw error;
  }
}
