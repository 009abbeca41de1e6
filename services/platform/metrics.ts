/** Metrics in Moleculer's registry, and their Prometheus text without a listener per broker. */
import { createServer, type Server } from 'node:http';
import { MetricReporters, type ServiceBroker } from 'moleculer';

/** Moleculer's Prometheus reporter opens a port of its own by itself; this one only renders. */
export class PrometheusText extends MetricReporters.Prometheus {
  /** Read by the base class. */
  defaultLabels: Record<string, string> = {};

  override init(registry: Parameters<MetricReporters.Prometheus['init']>[0]): void {
    MetricReporters.Base.prototype.init.call(this, registry);
    this.defaultLabels = { node: registry.broker.nodeID };
  }

  override async stop(): Promise<void> {}
}

/** The process's metrics in Prometheus text format 0.0.4. */
export function prometheusText(broker: ServiceBroker): string {
  const reporter = broker.metrics.reporter?.find((each) => each instanceof PrometheusText);
  return reporter ? `${reporter.generatePrometheusResponse()}\n` : '';
}

export const PROMETHEUS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** For processes without a gateway: GET /metrics, and /healthz that answers 200 while it runs. */
export function listenForMetrics(
  broker: ServiceBroker,
  { host, port }: { host: string; port: number },
): Promise<Server> {
  const server = createServer((request, response) => {
    const body = { '/metrics': () => prometheusText(broker), '/healthz': () => 'ok\n' }[
      request.url ?? ''
    ];
    if (request.method !== 'GET' || !body) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'Content-Type': PROMETHEUS_CONTENT_TYPE }).end(body());
  });
  server.requestTimeout = 5_000;
  server.maxConnections = 20;
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve(server);
    });
  });
}
