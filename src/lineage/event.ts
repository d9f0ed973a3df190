import { createHash } from 'node:crypto';
import { VERSION } from '../version.js';

/** What OpenLineage calls a run event, and of its facets those that we send: https://openlineage.io/spec */
export interface RunEvent {
  eventType: 'START' | 'COMPLETE' | 'FAIL';
  eventTime: string;
  producer: string;
  schemaURL: string;
  run: { runId: string; facets: Facets };
  job: { namespace: string; name: string; facets: Facets };
  inputs: { namespace: string; name: string; facets: Facets; inputFacets?: Facets }[];
  outputs: { namespace: string; name: string; facets: Facets; outputFacets?: Facets }[];
}

type Facets = Record<string, Facet>;
interface Facet {
  _producer: string;
  _schemaURL: string;
  [field: string]: unknown;
}

export const PRODUCER = `urn:tallyhouse:${VERSION}`;
export const RUN_EVENT_SCHEMA = 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent';

/** The published version of each facet, under the name that it has in an event. */
const FACETS = {
  schema: '1-2-0/SchemaDatasetFacet',
  dataSource: '1-0-1/DatasourceDatasetFacet',
  version: '1-0-1/DatasetVersionDatasetFacet',
  inputStatistics: '1-0-0/InputStatisticsInputDatasetFacet',
  dataQualityMetrics: '1-0-3/DataQualityMetricsInputDatasetFacet',
  outputStatistics: '1-0-2/OutputStatisticsOutputDatasetFacet',
  errorMessage: '1-0-1/ErrorMessageRunFacet',
  parent: '1-2-0/ParentRunFacet',
  processing_engine: '1-1-1/ProcessingEngineRunFacet',
  jobType: '2-0-4/JobTypeJobFacet',
} as const;

export function facet(name: keyof typeof FACETS, fields: Record<string, unknown>): Facets {
  const path = FACETS[name];
  const definition = path.split('/')[1];
  return {
    [name]: {
      _producer: PRODUCER,
      _schemaURL: `https://openlineage.io/spec/facets/${path}.json#/$defs/${definition}`,
      ...fields,
    },
  };
}

/** The same words give the same UUID (version 5), so that START and COMPLETE meet, whichever process sends them. */
export function uuidOf(...words: string[]): string {
  const bytes = createHash('sha1').update(words.join('\0')).digest().subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x50;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
