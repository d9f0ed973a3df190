import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommandCopies } from '../../src/run/copies.js';
import { openWarehouse, type Client, type Warehouse } from '../../src/warehouse/connect.js';
import { createWorkspace, type Workspace } from '../setup/workspace.js';

let workspace: Workspace;
let warehouse: Warehouse;
let client: Client;
beforeAll(async () => {
  workspace = await createWorkspace();
  ({ warehouse, client } = await openWarehouse(workspace.config()));
});
afterAll(() => client.end());

describe('the folder of copies', () => {
  test('is made when it is asked for, and goes with its command', async () => {
    const copies = new CommandCopies(workspace.config(), warehouse);
    expect(existsSync(join(workspace.folder, '.tally/incoming'))).toBe(false);
    const [first, second] = await Promise.all([copies.newPath(), copies.newPath()]);
    expect(first).not.toBe(second);
    writeFileSync(first, 'x');
    await copies.remove();
    expect(workspace.list('.tally/incoming')).toEqual([]);
  });

  test('of a command that died goes when the next copy is made; that of one that lives stays', async () => {
    const [living, next] = [0, 1].map(() => new CommandCopies(workspace.config(), warehouse));
    writeFileSync(await living!.newPath(), 'x');
    const dead = join(workspace.folder, '.tally/incoming/of-the-dead');
    mkdirSync(dead);
    writeFileSync(join(dead, '1'), 'x');
    await next!.newPath();
    expect(existsSync(dead)).toBe(false);
    expect(workspace.list('.tally/incoming').filter((name) => name.endsWith('/1'))).toHaveLength(1);
    await Promise.all([living!.remove(), next!.remove()]);
  });
});
