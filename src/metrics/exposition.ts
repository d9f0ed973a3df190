import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import { METRICS, type MetricName, type Sample } from './metrics.js';

export const CONTENT_TYPE = Registry.PROMETHEUS_CONTENT_TYPE;

/** The numbers of this process itself: memory, processor time, event loop. */
export function processNumbers(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return registry;
}

/** What Prometheus reads. Of the ledger's numbers nothing is kept: each answer is made of what it says now. */
export async function exposition(samples: Sample[], ofProcess: Registry): Promise<string> {
  const registry = new Registry();
  const metrics = new Map<MetricName, Counter | Gauge>();
  for (const { metric: name, labels, value } of samples) {
    const metric = metrics.get(name) ?? make(name, registry);
    metrics.set(name, metric);
    metric.inc(labels, value);
  }
  return `${await registry.metrics()}\n${await ofProcess.metrics()}`;
}

function make(name: MetricName, registry: Registry): Counter | Gauge {
  const { type, help, labels } = METRICS[name];
  const settings = { name, help, labelNames: [...labels], registers: [registry] };
  return type === 'counter' ? new Counter(settings) : new Gauge(settings);
}
