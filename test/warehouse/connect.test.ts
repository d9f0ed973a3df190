import { describe, expect, test } from '@jest/globals';
import { checkServer, openWarehouse, withDatabase, type Client } from '../../src/warehouse/connect.js';
import { createWorkspace } from '../setup/workspace.js';
import { dropAfterwards, onServer, urlOf } from '../setup/warehouse.js';

/** A server that says of itself what it is told to: there is no PostgreSQL 14 to ask. */
function serverThatSays(number: string, encoding: string): Client {
  return {
    query: async () => ({ rows: [{ number, version: `${Number(number) / 10000}`, encoding }] }),
  } as unknown as Client;
}

describe('a database that is given', () => {
  test('is created where it is not there', async () => {
    const name = `tally_connect_${process.pid}`;
    dropAfterwards(name);
    const { client } = await openWarehouse({ workspace: '/nowhere', databaseUrl: urlOf(name) });
    const { rows } = await client.query(
      'select current_database() as name, current_setting($1) as encoding',
      ['server_encoding'],
    );
    await client.end();
    expect(rows).toEqual([{ name, encoding: 'UTF8' }]);
  });

  test('is called CustomerRatingData unless the URL says otherwise', () => {
    expect(withDatabase('postgresql://u@h:1')).toBe('postgresql://u@h:1/CustomerRatingData');
    expect(withDatabase('postgresql://u@h:1/other')).toBe('postgresql://u@h:1/other');
  });

  test('of a server older than 15 is refused, and so is another encoding', async () => {
    await expect(checkServer(serverThatSays('140012', 'UTF8'))).rejects.toMatchObject({
      code: 'database_too_old',
    });
    await expect(checkServer(serverThatSays('150000', 'LATIN1'))).rejects.toMatchObject({
      code: 'database_unsuitable',
    });
    await expect(checkServer(serverThatSays('150000', 'UTF8'))).resolves.toBe('15');
  });

  test('that does not answer, or may not be used, is told with a hint and without the password', async () => {
    const workspace = await createWorkspace({ database: false });
    const nobody = await workspace.tally(['run'], {
      env: { DATABASE_URL: 'postgresql://u:secret@127.0.0.1:1/x' },
    });
    expect(nobody.code).toBe(1);
    expect(nobody.stderr).toContain('database_unreachable');
    expect(nobody.stderr).not.toContain('secret');

    const role = `tally_role_${process.pid}`;
    await onServer(`create role ${role} login password 'right'`);
    try {
      const url = new URL(urlOf('postgres'));
      url.username = role;
      url.password = 'right';
      url.pathname = '/tally_may_not_be_made';
      const refused = await workspace.tally(['run'], { env: { DATABASE_URL: url.href } });
      expect(refused.code).toBe(1);
      expect(refused.stderr).toContain('database_unsuitable');
      expect(refused.stderr).toContain('create database');
    } finally {
      await onServer(`drop role ${role}`);
    }
  });
});
