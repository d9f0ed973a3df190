import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunEvent } from '../../src/lineage/event.js';
import { uuidOf } from '../../src/lineage/event.js';
import { acceptLoad } from '../../src/run/run.js';
import { inSession } from '../../src/run/session.js';
import { freePort, startHttp, type HttpReceiver } from '../setup/channels.js';
import { createWorkspace, type Workspace } from '../setup/workspace.js';

/** What the published spec (2-0-2) asks of a run event and of the facets that we send, in our own words. */
const text = { type: 'string', minLength: 1 };
const uri = { type: 'string', format: 'uri' };
const uuid = { type: 'string', format: 'uuid' };
const count = { type: 'integer', minimum: 0 };
const object = (properties: Record<string, object>, required = Object.keys(properties)) => ({
  type: 'object',
  properties,
  required,
});
const facet = (name: string, properties: Record<string, object>, required?: string[]) => {
  const own = object(properties, required);
  return {
    ...own,
    properties: {
      ...own.properties,
      _producer: uri,
      _schemaURL: {
        type: 'string',
        pattern: `^https://openlineage.io/spec/facets/\\d-\\d-\\d/${name}.json#/\\$defs/${name}$`,
      },
    },
    required: [...own.required, '_producer', '_schemaURL'],
    additionalProperties: false,
  };
};
const facets = (properties: Record<string, object>) => ({
  type: 'object',
  properties,
  additionalProperties: false,
});
const field = object(
  { name: text, type: text, ordinal_position: { type: 'integer', minimum: 1 }, description: text },
  ['name'],
);
const ofBoth = {
  schema: facet('SchemaDatasetFacet', { fields: { type: 'array', items: field } }),
  version: facet('DatasetVersionDatasetFacet', { datasetVersion: text }),
};
const RUN_EVENT = {
  ...object({
    eventType: { enum: ['START', 'COMPLETE', 'FAIL'] },
    eventTime: { type: 'string', format: 'date-time' },
    producer: uri,
    schemaURL: { const: 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent' },
    run: object({
      runId: uuid,
      facets: facets({
        parent: facet('ParentRunFacet', {
          run: object({ runId: uuid }),
          job: object({ namespace: text, name: text }),
        }),
        errorMessage: facet('ErrorMessageRunFacet', {
          message: { type: 'string' },
          programmingLanguage: text,
        }),
        processing_engine: facet('ProcessingEngineRunFacet', { version: text, name: text }),
      }),
    }),
    job: object({
      namespace: text,
      name: text,
      facets: facets({
        jobType: facet('JobTypeJobFacet', { processingType: text, integration: text, jobType: text }),
      }),
    }),
    inputs: {
      type: 'array',
      items: object(
        {
          namespace: text,
          name: text,
          facets: facets(ofBoth),
          inputFacets: facets({
            inputStatistics: facet('InputStatisticsInputDatasetFacet', { rowCount: count, fileCount: count }),
            dataQualityMetrics: facet('DataQualityMetricsInputDatasetFacet', {
              columnMetrics: { type: 'object' },
              rowCount: count,
              fileCount: count,
            }),
          }),
        },
        ['namespace', 'name'],
      ),
    },
    outputs: {
      type: 'array',
      items: object(
        {
          namespace: text,
          name: text,
          facets: facets({ ...ofBoth, dataSource: facet('DatasourceDatasetFacet', { name: text, uri }) }),
          outputFacets: facets({
            outputStatistics: facet('OutputStatisticsOutputDatasetFacet', { rowCount: count }),
          }),
        },
        ['namespace', 'name'],
      ),
    },
  }),
  additionalProperties: false,
};

const ajv = new Ajv2020({ allErrors: true, strict: false });
addFormats.default(ajv);
const validate = ajv.compile(RUN_EVENT);

const HEADER = 'customer_number,customer_rating,customer_rating_limit,customer_status\n';
const rows = (good: number, bad = 0) => HEADER + '1,1,100,new\n'.repeat(good) + 'x,1,100,new\n'.repeat(bad);

let workspace: Workspace;
let http: HttpReceiver;
let settings: Record<string, string>;
beforeAll(async () => {
  workspace = await createWorkspace();
  http = await startHttp();
  settings = { TALLY_LINEAGE_URL: http.url('/api/v1/lineage'), TALLY_LINEAGE_KEY: 'hush-hush-key' };
});
beforeEach(() => {
  http.received = [];
  http.answer = { status: 201 };
});

const events = () => http.received.map(({ body }) => body as unknown as RunEvent);

describe('a night', () => {
  test('is told as run events that are valid: the run, and each load with its parent, schema and rows', async () => {
    workspace.write('inbox/customer_rating_agency_a_20261120.csv', rows(9, 1));
    workspace.write('inbox/customer_rating_agency_b_20261120.csv', '');
    const summary = await workspace.run(settings);
    expect(summary.loads.map(({ outcome }) => outcome)).toEqual(['loaded', 'failed']);

    for (const event of events()) expect([validate(event), validate.errors]).toEqual([true, null]);
    expect(events().map(({ eventType, job }) => [eventType, job.name])).toEqual([
      ['START', 'run'],
      ['START', 'load.customer_rating.agency_a'],
      ['COMPLETE', 'load.customer_rating.agency_a'],
      ['START', 'load.customer_rating.agency_b'],
      ['FAIL', 'load.customer_rating.agency_b'],
      ['FAIL', 'run'],
    ]);
    const [run, start, complete, , fail, end] = events();
    expect(start!.run.runId).toBe(complete!.run.runId);
    expect(run!.run.runId).toBe(end!.run.runId);
    expect(complete!.run.facets.parent).toMatchObject({
      run: { runId: run!.run.runId },
      job: { name: 'run' },
    });
    expect(complete!.inputs).toMatchObject([
      {
        namespace: 'tallyhouse',
        name: 'delivery.customer_rating.agency_a',
        facets: { version: { datasetVersion: summary.loads[0]!.sha256 } },
        inputFacets: { inputStatistics: { rowCount: 10 } },
      },
    ]);
    const { hostname, port, pathname } = new URL(workspace.url);
    expect(complete!.outputs).toMatchObject([
      {
        namespace: `postgres://${hostname}:${port}`,
        name: `${pathname.slice(1)}.public.customer_rating_agency_a`,
        facets: {
          schema: {
            fields: [
              { name: 'customer_number', type: 'integer', ordinal_position: 1 },
              { name: 'customer_rating' },
              { name: 'customer_rating_limit' },
              { name: 'customer_status', type: 'character varying(25)', ordinal_position: 4 },
            ],
          },
          version: { datasetVersion: '1' },
        },
        outputFacets: { outputStatistics: { rowCount: 9 } },
      },
    ]);
    expect(fail!.run.facets.errorMessage).toMatchObject({
      message: expect.stringContaining('The file is empty'),
    });
    expect(http.received[0]!.headers.authorization).toBe('Bearer hush-hush-key');
  });

  test('a load that is held has failed for whoever reads the table, and is complete when it is accepted', async () => {
    workspace.write('inbox/customer_rating_agency_a_20261121.csv', rows(1));
    await workspace.run(settings);
    const held = events().find(({ eventType, job }) => eventType === 'FAIL' && job.name.startsWith('load'))!;
    expect(held.outputs[0]!.outputFacets).toBeUndefined();
    http.received = [];
    const [load] = await workspace.query("select load_id from tally.loads where outcome = 'held'");
    const watching = { signal: new AbortController().signal, progress: () => {}, loaded: () => {} };
    const config = workspace.config(settings);
    await inSession({ config, clock: { now: () => workspace.now }, command: 'load' }, (session) =>
      acceptLoad(session, watching, load!.load_id!),
    );
    for (const event of events()) expect([validate(event), validate.errors]).toEqual([true, null]);
    expect(events().map(({ eventType, run }) => [eventType, run.runId === held.run.runId])).toEqual([
      ['START', false],
      ['COMPLETE', true],
      ['COMPLETE', false],
    ]);
  });
});

describe('lineage never gets in the way', () => {
  const loaded = async (given: Record<string, string>) =>
    (await workspace.run(given)).loads
      .filter(({ outcome }) => outcome !== 'skipped')
      .map(({ outcome }) => outcome);
  const logged = () => workspace.read('.tally/tally.log');
  /** The log is written a moment after what it is about; the test's own time limit ends the waiting. */
  const untilLogged = async (line: string) => {
    for (const end = Date.now() + 30_000; !logged().includes(line) && Date.now() < end;) await sleep(20);
    expect(logged()).toContain(line);
  };

  test('of a load whose server refuses, is not there or never answers; what was lost is in the log, without secrets', async () => {
    http.answer = { status: 500, body: 'no room for hush-hush-key' };
    workspace.write('inbox/customer_rating_agency_c_20261120.csv', rows(5));
    expect(await loaded(settings)).toEqual(['loaded']);
    await untilLogged('it answered 500: no room for ***');
    await untilLogged('"events":4,"level":"warn","message":"lineage not told"');

    http.answer = 'never';
    workspace.write('inbox/customer_rating_agency_d_20261120.csv', rows(5));
    expect(await loaded(settings)).toEqual(['loaded']);

    const nobody = { ...settings, TALLY_LINEAGE_URL: `http://127.0.0.1:${await freePort()}/lineage` };
    expect((await workspace.run(nobody)).errors).toEqual([]);
    await untilLogged('ECONNREFUSED');
    expect(logged()).not.toContain('hush-hush');
  });

  test('and without a server nothing is sent', async () => {
    await workspace.run();
    expect(http.received).toEqual([]);
  });
});

test('the same words give the same UUID, others another', () => {
  expect(uuidOf('tallyhouse', 'load', '41')).toBe(uuidOf('tallyhouse', 'load', '41'));
  expect(uuidOf('a', 'bc')).not.toBe(uuidOf('ab', 'c'));
  expect(uuidOf('x')).toMatch(/^[\da-f]{8}-[\da-f]{4}-5[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
});
