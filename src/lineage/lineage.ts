import type { Clock } from '../clock.js';
import type { Config } from '../config.js';
import type { Feed } from '../feeds/feed.js';
import type { LoadResult } from '../load/delivery.js';
import { agencyTable } from '../load/tables.js';
import { postgresType } from '../feeds/type.js';
import type { Log } from '../log.js';
import { VERSION } from '../version.js';
import { facet, PRODUCER, RUN_EVENT_SCHEMA, uuidOf, type RunEvent } from './event.js';
import { LineageQueue } from './queue.js';

type LoadBegun = Pick<LoadResult, 'loadId' | 'feed' | 'agency' | 'sha256'>;

/** Tells a lineage server what is loaded from where into what. Without one that is set it does nothing. */
export class Lineage {
  private readonly queue: LineageQueue | undefined;
  private readonly namespace: string;
  /** The database, as OpenLineage names one: postgres://host:port and its name. */
  private readonly database: { namespace: string; name: string };

  constructor(
    { lineage }: Pick<Config, 'lineage'>,
    databaseUrl: string,
    private readonly run: { id: string; command: string },
    private readonly feeds: Feed[],
    private readonly clock: Clock,
    log: Log,
  ) {
    const { hostname, port, pathname } = new URL(databaseUrl);
    this.database = {
      namespace: `postgres://${hostname || 'localhost'}:${port || '5432'}`,
      name: decodeURIComponent(pathname.slice(1)),
    };
    this.namespace = lineage.namespace;
    if (lineage.url !== undefined) this.queue = new LineageQueue({ url: lineage.url, key: lineage.key }, log);
  }

  runBegins(): void {
    this.tellRun('START', {});
  }

  runEnded(failed: string | undefined): void {
    this.tellRun(
      failed === undefined ? 'COMPLETE' : 'FAIL',
      failed === undefined ? {} : errorMessage(failed),
    );
  }

  loadBegins(load: LoadBegun): void {
    this.tellLoad('START', load, undefined);
  }

  /** A load that is held published nothing: for those who read the table it has failed. */
  loadEnded(load: LoadResult): void {
    const isGood = load.outcome === 'loaded' || load.outcome === 'unchanged';
    this.tellLoad(isGood ? 'COMPLETE' : 'FAIL', load, load);
  }

  async close(): Promise<void> {
    await this.queue?.close();
  }

  private tellRun(eventType: RunEvent['eventType'], facets: RunEvent['run']['facets']): void {
    this.queue?.add({
      ...this.event(eventType),
      run: { runId: this.uuid('run', this.run.id), facets: { ...facets, ...engine } },
      job: { namespace: this.namespace, name: this.run.command, facets: jobType('JOB') },
      inputs: [],
      outputs: [],
    });
  }

  private tellLoad(eventType: RunEvent['eventType'], load: LoadBegun, result: LoadResult | undefined): void {
    const feed = this.feeds.find(({ name }) => name === load.feed);
    if (!this.queue || load.loadId === null || load.agency === null || !feed) return;
    const { agency } = load;
    const counts = result && result.outcome !== 'unchanged' ? result : undefined;
    this.queue.add({
      ...this.event(eventType),
      run: {
        runId: this.uuid('load', load.loadId),
        facets: {
          ...facet('parent', {
            run: { runId: this.uuid('run', this.run.id) },
            job: { namespace: this.namespace, name: this.run.command },
          }),
          ...(eventType === 'FAIL' ? errorMessage(result?.message ?? 'for no known reason') : {}),
          ...engine,
        },
      },
      job: { namespace: this.namespace, name: `load.${feed.name}.${agency}`, facets: jobType('TASK') },
      inputs: [
        {
          namespace: this.namespace,
          name: `delivery.${feed.name}.${agency}`,
          facets: {
            ...schemaOf(feed),
            ...(load.sha256 === null ? {} : facet('version', { datasetVersion: load.sha256 })),
          },
          ...(counts && {
            inputFacets: {
              ...facet('inputStatistics', { rowCount: counts.rowsRead, fileCount: 1 }),
              ...facet('dataQualityMetrics', { rowCount: counts.rowsRead, fileCount: 1, columnMetrics: {} }),
            },
          }),
        },
      ],
      outputs: [
        {
          namespace: this.database.namespace,
          name: [this.database.name, 'public', agencyTable(feed, agency).name].join('.'),
          facets: {
            ...schemaOf(feed),
            ...facet('dataSource', {
              name: this.database.namespace,
              uri: `${this.database.namespace}/${encodeURIComponent(this.database.name)}`,
            }),
            ...(eventType === 'COMPLETE' ? facet('version', { datasetVersion: load.loadId }) : {}),
          },
          ...(counts &&
            eventType === 'COMPLETE' && {
              outputFacets: facet('outputStatistics', { rowCount: counts.rowsLoaded }),
            }),
        },
      ],
    });
  }

  private event(eventType: RunEvent['eventType']) {
    const eventTime = this.clock.now().toISOString();
    return { eventType, eventTime, producer: PRODUCER, schemaURL: RUN_EVENT_SCHEMA };
  }

  /** Numbers of runs and loads are those of one database. */
  private uuid(kind: string, id: string): string {
    return uuidOf(this.namespace, this.database.namespace, this.database.name, kind, id);
  }
}

const engine = facet('processing_engine', { name: 'Tallyhouse', version: VERSION });

function jobType(kind: 'JOB' | 'TASK') {
  return facet('jobType', { processingType: 'BATCH', integration: 'TALLYHOUSE', jobType: kind });
}

function errorMessage(message: string) {
  return facet('errorMessage', { message, programmingLanguage: 'SQL' });
}

function schemaOf(feed: Feed) {
  return facet('schema', {
    fields: feed.columns.map(({ name, type, description }, index) => ({
      name,
      type: postgresType(type),
      ordinal_position: index + 1,
      ...(description === undefined ? {} : { description }),
    })),
  });
}
