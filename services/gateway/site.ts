/** What the gateway serves besides the API: documents, health, metrics and the web app. */
import { readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import type { ServiceBroker } from 'moleculer';
import { problem } from '../platform/errors.ts';
import { PROMETHEUS_CONTENT_TYPE, prometheusText } from '../platform/metrics.ts';
import type { GatewayRequest } from './handler.ts';
import { readiness } from './health.ts';
import { API } from './routes/shared.ts';

export interface SiteOptions {
  broker: ServiceBroker;
  openApi: unknown;
  asyncApi: unknown;
  webAppBuilt: () => boolean;
  draining: () => boolean;
}

type Page = (req: GatewayRequest, res: ServerResponse) => Promise<void> | void;

function text(res: ServerResponse, type: string, body: string | Buffer, status = 200): void {
  res.writeHead(status, {
    'Content-Type': type,
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-cache',
  });
  res.end(body);
}

const asset = (name: string, type: string): Page => {
  const body = readFileSync(new URL(`./docs/${name}`, import.meta.url));
  return (_req, res) => text(res, type, body);
};

export function sitePages(options: SiteOptions): Record<string, Page> {
  const openApi = JSON.stringify(options.openApi);
  const asyncApi = JSON.stringify(options.asyncApi);
  const JSON_TYPE = 'application/json; charset=utf-8';
  return {
    '/openapi.json': (_req, res) => text(res, JSON_TYPE, openApi),
    '/asyncapi.json': (_req, res) => text(res, JSON_TYPE, asyncApi),
    '/docs': asset('page.html', 'text/html; charset=utf-8'),
    '/docs/page.js': asset('page.js', 'text/javascript; charset=utf-8'),
    '/docs/page.css': asset('page.css', 'text/css; charset=utf-8'),
    // Whoever means it asks for the upgrade, and does not come here.
    [`${API}/simulators/:id/socket`]: () => {
      throw problem('upgradeRequired');
    },
    '/healthz': (_req, res) => text(res, JSON_TYPE, JSON.stringify({ ok: true })),
    '/readyz': async (_req, res) => {
      const state = await readiness(options.broker, {
        webAppBuilt: options.webAppBuilt(),
        draining: options.draining(),
      });
      text(res, JSON_TYPE, JSON.stringify(state), state.ready ? 200 : 503);
    },
    '/metrics': (req, res) => {
      // For the operators' network; what comes through the public proxy does not see it.
      if (req.headers['x-forwarded-for'] !== undefined) throw problem('notFound');
      text(res, PROMETHEUS_CONTENT_TYPE, prometheusText(options.broker));
    },
  };
}
