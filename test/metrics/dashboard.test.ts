import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { METRICS } from '../../src/metrics/metrics.js';

const read = (path: string) => readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8');

interface Dashboard {
  panels: {
    id: number;
    title: string;
    description: string;
    targets: { expr: string; legendFormat: string }[];
  }[];
  templating: { list: { name: string; query: string }[] };
}
const dashboard = JSON.parse(read('ops/grafana/tallyhouse.json')) as Dashboard;
const queries = [
  ...dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
  ...dashboard.templating.list.map(({ query }) => query).filter((query) => query !== 'prometheus'),
];
const LABELS = Object.values(METRICS).flatMap(({ labels }) => labels as readonly string[]);

test('every query of the dashboard names a metric that there is, and labels that it has', () => {
  for (const query of queries) {
    const named = query.match(/tally_\w+/g) ?? [];
    expect({ query, named: named.length > 0 }).toEqual({ query, named: true });
    for (const name of named) {
      expect(Object.keys(METRICS)).toContain(name);
      const { labels } = METRICS[name as keyof typeof METRICS];
      const asked = [
        ...[...query.matchAll(/(\w+)(?:=~|!=|=)"/g)].map((match) => match[1]!),
        ...[...query.matchAll(/\bby \(([^)]*)\)/g)].flatMap((match) => match[1]!.split(/, */)),
      ];
      for (const label of asked)
        expect({ query, labels }).toMatchObject({ labels: expect.arrayContaining([label]) });
    }
  }
});

test('every metric is on the dashboard, and every variable of a query is one of it', () => {
  const shown = new Set(queries.flatMap((query) => query.match(/tally_\w+/g) ?? []));
  // The sum of durations is there for rates over any time; the dashboard shows the last ones.
  expect(Object.keys(METRICS).filter((name) => !shown.has(name))).toEqual(['tally_load_seconds_total']);
  const variables = dashboard.templating.list.map(({ name }) => name);
  for (const [, name] of queries.join(' ').matchAll(/\$(\w+)/g)) expect(variables).toContain(name);
});

test('every panel says what it shows, under a number of its own', () => {
  for (const { title, description, targets } of dashboard.panels) {
    expect({ title, description }).toEqual({
      title: expect.stringMatching(/./),
      description: expect.stringMatching(/\.$|list --open$|status$|alarms$/),
    });
    for (const { legendFormat } of targets)
      for (const [, label] of legendFormat.matchAll(/\{\{(\w+)\}\}/g)) expect(LABELS).toContain(label);
  }
  const ids = dashboard.panels.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
});

test('docs/observing.md names every metric, and none that is not one', () => {
  const named = new Set(read('docs/observing.md').match(/tally_[a-z_]+/g));
  expect([...named].sort()).toEqual(Object.keys(METRICS).sort());
});
