import { describe, expect, test } from '@jest/globals';
import type { Command } from 'commander';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createProgram } from '../../src/cli/program.js';
import { createWorkspace } from '../setup/workspace.js';
import { documentOf, expectError } from './ran.js';

/** Every command that does something, with its whole name. */
function commandsOf(command: Command, parents: string[] = []): [string, Command][] {
  return command.commands.flatMap((each) => {
    const path = [...parents, each.name()];
    const own: [string, Command][] = isOnlyName(each) ? [] : [[path.join(' '), each]];
    return [...own, ...commandsOf(each, path)];
  });
}

/** A name for several commands has no options. */
function isOnlyName({ commands, options }: Command): boolean {
  return commands.length > 0 && options.length === 0;
}

const commands = commandsOf(createProgram());

describe('--help', () => {
  test('names every command', () => {
    expect(commands.map(([name]) => name)).toEqual([
      'run',
      'load',
      'backfill',
      'report',
      'status',
      'loads',
      'invalid',
      'invalid export',
      'invalid fix',
      'invalid dismiss',
      'messages',
      'messages status',
      'messages publish',
      'messages retry',
      'barcodes',
      'agencies list',
      'agencies add',
      'feeds list',
      'feeds check',
      'feeds infer',
      'diff',
      'rollback',
      'verify',
      'clean',
      'alarms list',
      'alarms send',
      'alarms test',
      'schedule',
      'schedule run',
      'schedule slots',
      'start',
      'db url',
      'db start',
      'db stop',
      'db migrate',
      'db roles',
      'check',
      'init',
    ]);
  });

  test.each(commands)(
    'of %s says what it is for, has the common options and an example that can be typed',
    (name, command) => {
      let text = '';
      command.configureOutput({ writeOut: (part) => (text += part) });
      command.outputHelp();
      expect(command.description()).not.toBe('');
      expect(text).toMatch(/--json /);
      expect(text).toMatch(/-q, --quiet /);
      if (name !== 'init') expect(text).toMatch(/-w, --workspace <dir> /);
      const examples = text.slice(text.indexOf('\nExample:\n'));
      expect(examples).toMatch(new RegExp(`tally ${name}\\b`));
    },
  );

  test('imports nothing but commander, so that it answers at once', async () => {
    const workspace = await createWorkspace({ database: false });
    workspace.write(
      'hook.mjs',
      `import { writeSync } from 'node:fs';
      export async function resolve(name, context, next) {
        const found = await next(name, context);
        writeSync(2, found.url + '\\n');
        return found;
      }`,
    );
    const register = workspace.write(
      'register.mjs',
      "import { register } from 'node:module'; register('./hook.mjs', import.meta.url);",
    );
    const env = { NODE_OPTIONS: `--import=${pathToFileURL(register).href}` };
    // The modules that the command is put together from: what is in one file there is no longer seen.
    const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
    const ran = spawnSync(process.execPath, [main, '--help'], {
      env: { ...process.env, ...env },
      encoding: 'utf8',
    });
    expect(ran.stdout).toContain('Start with: tally run');
    const imported = ran.stderr.split('\n').filter((line) => line.startsWith('file:'));
    const packages = imported.flatMap((url) => /\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1] ?? []);
    expect([...new Set(packages)]).toEqual(['commander']);
    const own = imported.flatMap((url) => /\/dist\/(.*)$/.exec(url)?.[1] ?? []);
    expect(own.filter((file) => !/^(cli\/|(errors|package|version)\.js$)/.test(file))).toEqual([]);
    expect(own.length).toBeGreaterThan(10);
  });
});

test('the code that was kept when the bundle was built is the one that runs', () => {
  const [bundle, code] = ['main.cjs', 'main.cjs.code'].map((name) =>
    fileURLToPath(new URL(`../../dist/bundle/${name}`, import.meta.url)),
  );
  const asked = `
    const { readFileSync } = require('node:fs');
    const [bundle, code] = process.argv.slice(1);
    const { cachedDataRejected } = new (require('node:vm').Script)(readFileSync(bundle, 'utf8'), {
      filename: bundle,
      cachedData: readFileSync(code),
    });
    console.log(cachedDataRejected);`;
  const ran = spawnSync(process.execPath, ['-e', asked, bundle!, code!], { encoding: 'utf8' });
  expect(ran).toMatchObject({ stdout: 'false\n', stderr: '' });
});

describe('a command line that is not understood', () => {
  const wrong: [string[], RegExp, string][] = [
    [['nosuch'], /unknown command 'nosuch'/, 'tally --help'],
    [['rum'], /unknown command 'rum' \(Did you mean run\?\)/, 'tally --help'],
    [['run', '--nosuch'], /unknown option '--nosuch'/, 'tally run --help'],
    [['run', 'extra'], /too many arguments/, 'tally run --help'],
    [['db', 'nosuch'], /unknown command 'nosuch'/, 'tally db --help'],
    [['loads', '--outcome', 'bad'], /Allowed choices are loaded, unchanged/, 'tally loads --help'],
    [
      ['rollback', '--feed', 'orders'],
      /required option '--agency <agency>' not specified/,
      'tally rollback --help',
    ],
    [['loads', '--limit', 'many'], /expected a number of rows, 1 or more, got `many`/, ''],
    [['loads', '--limit', '0'], /expected a number of rows, 1 or more, got `0`/, ''],
    [['invalid', '--load', 'x'], /expected the number of a load, got `x`/, 'tally loads'],
    [['load', '--accept-held', '-1'], /expected the number of a load, got `-1`/, 'tally loads'],
    [['load', 'a.csv', '--date', '2024-02-30'], /expected a date such as 2026-11-21, got `2024-02-30`/, ''],
    [['load'], /expected files to load, or --accept-held/, 'tally run'],
    [['load', 'a.csv', '--accept-held', '4'], /expected files to load, or --accept-held/, 'tally run'],
  ];

  test('exits with 2, says what is wrong and where help is, and does nothing', async () => {
    const workspace = await createWorkspace({ database: false });
    for (const [args, says, hint] of wrong) {
      const ran = await workspace.tally(args, {
        env: { DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/none' },
      });
      expectError(ran, 'usage', 2, says);
      expect(ran.stderr).toContain(hint);
      expect(ran.stdout).toBe('');
    }
  });

  test('is one JSON error with --json', async () => {
    const workspace = await createWorkspace({ database: false });
    for (const args of [
      ['nosuch', '--json'],
      ['run', '--nosuch', '--json'],
      ['loads', '--limit', 'x', '--json'],
    ]) {
      const ran = await workspace.tally(args);
      expect(ran).toMatchObject({ code: 2, stderr: '' });
      const { error } = documentOf<{ error: Record<string, unknown> }>(ran);
      expect(Object.keys(error)).toEqual(['code', 'message', 'hint']);
      expect(error.code).toBe('usage');
    }
  });

  test('without a command help is shown, and nothing was done', async () => {
    const workspace = await createWorkspace({ database: false });
    for (const args of [[], ['db']]) {
      const ran = await workspace.tally(args);
      expect(ran).toMatchObject({ code: 2, stdout: '' });
      expect(ran.stderr).toContain('Usage: tally');
    }
  });
});

test('--version is that of the package', async () => {
  const workspace = await createWorkspace({ database: false });
  const { version } = JSON.parse(
    readFileSync(fileURLToPath(new URL('../../package.json', import.meta.url)), 'utf8'),
  ) as { version: string };
  expect(await workspace.tally(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
});
