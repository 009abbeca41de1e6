/** What a session came to, what one of its orders has really cost, and how lifelike its market was. */
import { SessionCertificate } from '@sandpit/schemas/certificate.ts';
import { csvOf } from '@sandpit/schemas/csv.ts';
import { SessionReport, TrueCost, WhatIfRequest } from '@sandpit/schemas/report.ts';
import { InstrumentSymbol } from '@sandpit/schemas/units.ts';
import Type from 'typebox';
import { problem } from '../../platform/errors.ts';
import { askWorker } from '../../platform/owners.ts';
import { type Answer, type Call, json, type Route } from '../route.ts';
import { API, byId, ownedVenue, responseOf } from './shared.ts';

/** A session is run again for the answer. */
const RERUN_TIMEOUT_MS = 14_000;

const TABLES = ['orders', 'instruments', 'curve', 'summary'] as const;
const ReportQuery = Type.Object(
  {
    format: Type.Optional(Type.Union([Type.Literal('json'), Type.Literal('csv')])),
    table: Type.Optional(
      Type.Union(
        TABLES.map((name) => Type.Literal(name)),
        { description: 'With `format=csv`; `orders` unless given.' },
      ),
    ),
  },
  { additionalProperties: false },
);
type ReportQuery = { format?: 'json' | 'csv'; table?: (typeof TABLES)[number] };

const CertificateQuery = Type.Object({ symbol: InstrumentSymbol }, { additionalProperties: false });

export const reportRoutes: Route[] = [
  {
    method: 'GET',
    path: `${API}/simulators/:id/report`,
    operationId: 'getReport',
    tag: 'simulators',
    summary: 'What the session came to: curve, risk, costs',
    description:
      'The session is run again from its log, second by second; of a running simulator up to now. ' +
      '`format=csv` gives one table as a file. A long session takes longer than a request waits: 409 ' +
      '`rerunUnderWay` says how far it is, and the same request again fetches the answer.',
    auth: 'trader',
    limit: 'write',
    pathSchema: byId,
    query: ReportQuery,
    answers: { 200: { description: 'The report.', schema: SessionReport } },
    problems: ['simulatorHalted', 'notReplayable', 'rerunUnderWay'],
    run: report,
  },
  {
    method: 'POST',
    path: `${API}/simulators/:id/what-if`,
    operationId: 'askWhatIf',
    tag: 'simulators',
    summary: 'The session without one of its orders, or with another in its place',
    description:
      'The same seed and the same other commands are run again. What differs, the order has caused: ' +
      'its impact on the price, what waiting cost, what it brought to the session. Changes nothing.',
    auth: 'trader',
    limit: 'write',
    pathSchema: byId,
    body: WhatIfRequest,
    bodyExample: { orderId: '1' },
    bodyExamples: {
      smaller: { orderId: '1', quantity: '50' },
      patient: { orderId: '1', type: 'limit', limitPrice: '180.04', delaySeconds: 5 },
    },
    answers: { 200: { description: 'Costs, and the other session.', schema: TrueCost } },
    problems: ['simulatorHalted', 'notReplayable', 'rerunUnderWay'],
    run: async (call) => json(200, await rerun(call, 'simulator.whatIf', call.body as object)),
  },
  {
    method: 'GET',
    path: `${API}/simulators/:id/certificate`,
    operationId: 'getCertificate',
    tag: 'simulators',
    summary: 'How lifelike the session’s market was',
    description:
      'The realism certificate of one instrument: the session is run again, the trader’s orders ' +
      'included, and its continuous trading is measured by eighteen tests, each statistic beside its ' +
      'band. What the session is too short for is not told: `tooShort` says what it takes.',
    auth: 'trader',
    limit: 'write',
    pathSchema: byId,
    query: CertificateQuery,
    answers: { 200: { description: 'The certificate.', schema: SessionCertificate } },
    problems: ['simulatorHalted', 'notReplayable', 'rerunUnderWay'],
    run: async (call) =>
      json(200, await rerun(call, 'simulator.certificate', call.query as object)),
  },
];

async function rerun(call: Call<never>, action: `simulator.${string}`, params: object) {
  const { simulatorId, accountId } = await ownedVenue(call);
  const options = { timeoutMs: RERUN_TIMEOUT_MS };
  const given = { accountId, ...params };
  const answer = await askWorker(call.broker, simulatorId, action, given, options);
  if (!answer) throw problem('notFound');
  return answer;
}

async function report(call: Call<never>): Promise<Answer> {
  const { format = 'json', table } = call.query as ReportQuery;
  if (format === 'json' && table) {
    const errors = [{ path: 'table', message: 'goes with `format=csv` only' }];
    throw problem('validationFailed', { errors });
  }
  const answer = (await rerun(call, 'simulator.report', {})) as SessionReport;
  if (format === 'json') return json(200, answer);
  const name = table ?? 'orders';
  const res = responseOf(call);
  res.writeHead(200, {
    'Content-Type': 'text/csv; charset=utf-8',
    'Content-Disposition': `attachment; filename="sandpit-${answer.simulatorId}-${name}.csv"`,
    'Cache-Control': 'no-store',
  });
  res.end(csvTable(answer, name));
  return { status: 200 };
}

type Cell = string | number | boolean | null;

function csvTable(answer: SessionReport, name: (typeof TABLES)[number]): string {
  const rows =
    name === 'summary'
      ? Object.entries(flat(answer)).map(([figure, value]) => ({ figure, value }))
      : (answer[name] as object[]).map(flat);
  const columns = name === 'summary' ? ['figure', 'value'] : Object.keys(rows[0] ?? { none: '' });
  return csvOf(rows as Record<string, Cell>[], columns);
}

/** Figures of figures get a name of two parts; lists are tables of their own. */
function flat(value: object): Record<string, Cell> {
  const cells: Record<string, Cell> = {};
  for (const [name, each] of Object.entries(value)) {
    if (Array.isArray(each)) continue;
    if (each !== null && typeof each === 'object') {
      for (const [inner, cell] of Object.entries(each)) cells[`${name}.${inner}`] = cell as Cell;
    } else cells[name] = each as Cell;
  }
  return cells;
}
