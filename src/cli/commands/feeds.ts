import type { Command } from 'commander';
import { command, contextOf, group, type CommonOptions } from '../command.js';

export function feedsCommand(): Command {
  const list = command('list', 'The feeds of the workspace', ['tally feeds list']).action(
    async (options: CommonOptions) => {
      const { terminal, config } = await contextOf(options);
      const { loadFeeds } = await import('../../feeds/feed.js');
      const { writeType } = await import('../../feeds/type.js');
      const { table } = await import('../terminal.js');
      const feeds = loadFeeds(config.workspace);
      const rows = feeds.map((feed) => [
        feed.name,
        feed.mode,
        String(feed.columns.length),
        feed.patterns[0]!.text,
      ]);
      const columns = [
        { title: 'feed' },
        { title: 'mode' },
        { title: 'columns', right: true },
        { title: 'files' },
      ];
      terminal.say(
        rows.length === 0
          ? 'No feeds yet. Make one from a file: tally feeds infer FILE'
          : table(columns, rows),
      );
      terminal.document(
        feeds.map((feed) => ({
          feed: feed.name,
          title: feed.title,
          mode: feed.mode,
          files: feed.patterns.map((pattern) => pattern.text),
          key: feed.key ?? null,
          columns: feed.columns.map((column) => ({
            name: column.name,
            type: writeType(column.type),
            required: column.required,
          })),
        })),
      );
    },
  );

  const check = command('check', 'Look whether feeds/ and agencies.yaml can be used', [
    'tally feeds check',
  ]).action(async (options: CommonOptions) => {
    const { terminal, config } = await contextOf(options);
    const { readFeeds } = await import('../../feeds/feed.js');
    const { readAgencies } = await import('../../feeds/agencies.js');
    const { plural } = await import('../text.js');
    const { feeds, faults } = readFeeds(config.workspace);
    const all = [...faults, ...readAgencies(config.workspace).faults];
    for (const fault of all) terminal.alarm(`${fault.file}:${fault.line}: ${fault.message}`);
    if (all.length === 0) terminal.say(`${plural(feeds.length, 'feed')} and agencies.yaml are fine.`);
    terminal.document({ feeds: feeds.map((feed) => feed.name), faults: all });
    process.exitCode = all.length > 0 ? 2 : 0;
  });

  const infer = command('infer', 'Write a feed from a sample file, and say what it was guessed from', [
    'tally feeds infer sample.csv',
    'tally feeds infer sample.csv --name payments --write',
  ])
    .argument('<file>', 'a sample: the larger, the better the guess')
    .option('--name <feed>', 'the name of the feed; else it is made of the name of the file')
    .option('--write', 'write it to feeds/NAME.yaml instead of printing it')
    .action(async (file: string, options: CommonOptions & { name?: string; write?: boolean }) => {
      const { terminal, config } = await contextOf(options);
      const { inferFeed } = await import('../../feeds/infer/infer.js');
      const inferred = await inferFeed(file, options.name);
      const { existsSync, writeFileSync } = await import('node:fs');
      const { join } = await import('node:path');
      const { TallyError } = await import('../../errors.js');
      const path = join('feeds', `${inferred.name}.yaml`);
      if (options.write) {
        if (existsSync(join(config.workspace, path))) {
          throw new TallyError('usage', `${path} is there already.`, {
            hint: 'Give another --name, or remove it first.',
          });
        }
        writeFileSync(join(config.workspace, path), inferred.yaml);
        terminal.say(
          `Written: ${path}. Read it before you trust it: it was guessed from ${inferred.rows} rows.`,
        );
      } else {
        terminal.say(inferred.yaml.trimEnd());
      }
      terminal.document({
        feed: inferred.name,
        yaml: inferred.yaml,
        rows: inferred.rows,
        written: options.write ? path : null,
      });
    });

  return group('feeds', 'The declarations of the files', ['tally feeds list', 'tally feeds infer sample.csv'])
    .addCommand(list, { isDefault: true })
    .addCommand(check)
    .addCommand(infer);
}
