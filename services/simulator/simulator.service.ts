/** The worker: owns shards, runs their simulators, answers questions about committed state. */
import { CandleInterval } from '@sandpit/schemas/market-data.ts';
import { Contingency, OrderTicket } from '@sandpit/schemas/order.ts';
import { WhatIfRequest } from '@sandpit/schemas/report.ts';
import { Id, InstrumentSymbol, Sequence, SimNs } from '@sandpit/schemas/units.ts';
import type { Service } from 'moleculer';
import Type, { type Static, type TObject, type TProperties } from 'typebox';
import { openAction, type SchemaOf } from '../platform/action.ts';
import { problem } from '../platform/errors.ts';
import type { Reruns } from './rerun/reruns.ts';
import { type Running, run } from './running.ts';
import { NotAdmittedError } from './runtime/admission.ts';
import { ForkError } from './runtime/fork.ts';
import { DefectError, type Log, systemHost } from './runtime/host.ts';
import { MailboxFullError } from './runtime/mailbox.ts';
import { NotOwnedError } from './runtime/not-owned.ts';
import { outcomeOf, type Replica } from './runtime/replica.ts';
import type { ScenarioShelf } from './runtime/scenario-shelf.ts';
import * as wire from './wire.ts';

/** A question waits for a recovery, not longer than its caller does. */
const QUESTION_TIMEOUT_MS = 3_000;
const DRAIN_TIMEOUT_MS = 5_000;
const BULKHEAD = { enabled: true, concurrency: 500, maxQueueSize: 500 };

const closed = { additionalProperties: false };
const FORK_TIMEOUT_MS = 17_000;
/** Shorter, so that the answer says why. */
const COPY_MAX_MS = 15_000;
/** Longer than a rerun may take. */
const RERUN_TIMEOUT_MS = 14_000;
const who = { simulatorId: Id, accountId: Id };
const limit = Type.Optional(Type.Integer({ minimum: 1, maximum: 500 }));

const Who = Type.Object(who, closed);
const Certificate = Type.Object({ ...who, symbol: InstrumentSymbol }, closed);
const WhatIf = Type.Object({ ...who, ...WhatIfRequest.properties }, closed);

const hash = Type.String({ pattern: '^[0-9a-f]{64}$' });
const Prepared = Type.Object({ simulatorId: Id, scenarioHash: hash }, closed);

const Fork = Type.Object(
  {
    ...who,
    parentId: Id,
    scenarioHash: hash,
    atSequence: Type.Union([Sequence, Type.Null()]),
    beforeOrder: Type.Union([Id, Type.Null()]),
    upTo: Type.Optional(Type.Object({ n: Sequence, simNs: SimNs }, closed)),
  },
  closed,
);

type WorkerService = Service & { running: Running | null };

/** A question to one simulator, whose account must be the caller's. Null = there is no such thing. */
function question<P extends TProperties, Answer>(
  properties: P,
  answer: (replica: Replica, params: Static<TObject<P>>, shelf: ScenarioShelf) => Answer | null,
) {
  const params = Type.Object({ ...who, ...properties }, closed);
  return openAction<typeof params, WorkerService>({
    params,
    timeoutMs: QUESTION_TIMEOUT_MS,
    bulkhead: BULKHEAD,
    async handler({ params: given }) {
      const { simulatorId, accountId } = given as { simulatorId: string; accountId: string };
      const { worker, shelf } = runningOf(this);
      try {
        return await worker.ask({ simulatorId, accountId }, (replica) =>
          answer(replica, given as Static<TObject<P>>, shelf),
        );
      } catch (error) {
        throw asProblem(error);
      }
    },
  });
}

async function rerun<Answer>(
  service: WorkerService,
  run: (reruns: Reruns) => Promise<Answer>,
): Promise<Answer> {
  try {
    return await run(runningOf(service).reruns);
  } catch (error) {
    throw asProblem(error);
  }
}

function runningOf({ running }: WorkerService): Running {
  if (!running) throw problem('unavailable');
  return running;
}

function asProblem(error: unknown): unknown {
  if (error instanceof NotOwnedError || error instanceof MailboxFullError) {
    return problem('unavailable', { retryAfterSeconds: 1, cause: error });
  }
  if (error instanceof DefectError) return problem('simulatorHalted', { cause: error });
  if (error instanceof NotAdmittedError) {
    return problem('quotaExceeded', { detail: error.message, cause: error });
  }
  return error;
}

const found = <Answer>(answer: Answer | null): Answer => {
  if (answer === null) throw problem('notFound');
  return answer;
};

const simulator: SchemaOf<WorkerService> = {
  name: 'simulator',

  actions: {
    snapshot: question({}, (replica, _, shelf) => {
      const scenario = shelf.known(replica.scenarioHash);
      return scenario ? wire.snapshotFrame(replica, scenario) : null;
    }),
    instruments: question({}, wire.listInstruments),
    book: question(
      { symbol: InstrumentSymbol, depth: Type.Optional(Type.Integer({ minimum: 1, maximum: 50 })) },
      (replica, { symbol, depth }) => found(wire.book(replica, symbol, depth)),
    ),
    quote: question({ symbol: InstrumentSymbol }, (replica, { symbol }) =>
      found(wire.quote(replica, symbol)),
    ),
    trades: question({ symbol: InstrumentSymbol, limit }, ({ venue }, params) => ({
      items: found(venue.trades(params.symbol, params.limit ?? 100)),
    })),
    candles: question(
      {
        symbol: InstrumentSymbol,
        interval: Type.Optional(CandleInterval),
        limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 2_000 })),
      },
      ({ venue }, params) => ({
        items: found(venue.candles(params.symbol, params.interval ?? '1m', params.limit ?? 500)),
        splits: wire.splits(venue, params.symbol),
      }),
    ),
    orders: question({ limit, since: Type.Optional(Sequence) }, wire.listOrders),
    order: question({ orderId: Id }, (replica, { orderId }) =>
      found(wire.oneOrder(replica, orderId)),
    ),
    receipt: question({ orderId: Id }, (replica, { orderId }) =>
      found(wire.receipt(replica, orderId)),
    ),
    preview: question({ ticket: OrderTicket }, (replica, { ticket }) =>
      wire.preview(replica, ticket),
    ),
    previewList: question(
      {
        contingency: Contingency,
        tickets: Type.Array(OrderTicket, { minItems: 2, maxItems: 10 }),
      },
      (replica, { contingency, tickets }) => wire.previewList(replica, { contingency, tickets }),
    ),
    executions: question({ limit, since: Type.Optional(Sequence) }, wire.listExecutions),
    positions: question({}, (replica) => ({ items: wire.positions(replica) })),
    account: question({}, (replica) => wire.account(replica)),
    risk: question({}, (replica) => wire.risk(replica)),
    outcome: question({ commandId: Id }, (replica, { commandId }) => outcomeOf(replica, commandId)),
    news: question({}, (replica) => ({ items: wire.headlines(replica) })),
    clock: question({}, (replica) => found(wire.clockView(replica, systemHost.wallMs()))),
    stand: question({}, ({ venue, head }) => ({
      n: head.n,
      sequence: head.sequence,
      engineVersion: venue.engineVersion,
      simNs: venue.nowNs,
      tapeHash: venue.tapeHash(),
    })),
    wake: question({}, ({ memory, venue }) => ({
      state: wire.stateOf(memory.halted, venue.clock),
    })),
    attend: openAction<typeof Who, WorkerService>({
      params: Who,
      timeoutMs: QUESTION_TIMEOUT_MS,
      async handler({ params }) {
        try {
          return { awake: await runningOf(this).worker.attend(params) };
        } catch (error) {
          throw asProblem(error);
        }
      },
    }),
    report: openAction<typeof Who, WorkerService>({
      params: Who,
      timeoutMs: RERUN_TIMEOUT_MS,
      handler({ params }) {
        return rerun(this, (reruns) => reruns.report(params));
      },
    }),
    whatIf: openAction<typeof WhatIf, WorkerService>({
      params: WhatIf,
      timeoutMs: RERUN_TIMEOUT_MS,
      handler({ params: { simulatorId, accountId, ...request } }) {
        return rerun(this, (reruns) => reruns.whatIf({ simulatorId, accountId }, request));
      },
    }),
    certificate: openAction<typeof Certificate, WorkerService>({
      params: Certificate,
      timeoutMs: RERUN_TIMEOUT_MS,
      handler({ params: { symbol, ...address } }) {
        return rerun(this, (reruns) => reruns.certificate(address, symbol));
      },
    }),
    fork: openAction<typeof Fork, WorkerService>({
      params: Fork,
      timeoutMs: FORK_TIMEOUT_MS,
      async handler({ params: { simulatorId, accountId, parentId, scenarioHash, ...place } }) {
        const { worker, fork } = runningOf(this);
        const child = { simulatorId, accountId };
        const giveUpAtMs = systemHost.monotonicMs() + COPY_MAX_MS;
        const mayContinue = () => {
          if (systemHost.monotonicMs() > giveUpAtMs) {
            throw new ForkError('It takes too long to copy; fork an earlier place.');
          }
          if (!worker.owns(simulatorId)) throw new NotOwnedError('The fork is another worker’s.');
        };
        try {
          mayContinue();
          const parent = { simulatorId: parentId, accountId };
          return { records: await fork(parent, child, scenarioHash, place, mayContinue) };
        } catch (error) {
          if (!(error instanceof ForkError)) throw asProblem(error);
          const path = place.beforeOrder === null ? 'atSeq' : 'beforeOrder';
          throw problem('validationFailed', { errors: [{ path, message: error.message }] });
        }
      },
    }),
    resume: openAction<typeof Who, WorkerService>({
      params: Who,
      timeoutMs: QUESTION_TIMEOUT_MS,
      log: 'info',
      async handler({ params }) {
        const { worker } = runningOf(this);
        try {
          return await worker.resume(params, ({ memory, venue, head }) => ({
            n: head.n,
            halted: memory.halted,
            state: wire.stateOf(memory.halted, venue.clock),
          }));
        } catch (error) {
          if (!(error instanceof DefectError)) throw asProblem(error);
          const detail = `The defect is still there: ${error.message}`;
          throw problem('simulatorHalted', { detail, cause: error });
        }
      },
    }),
    prepared: openAction<typeof Prepared, WorkerService>({
      params: Prepared,
      timeoutMs: QUESTION_TIMEOUT_MS,
      async handler({ params }) {
        return { seed: runningOf(this).pool.reserve(params.scenarioHash) };
      },
    }),
    hibernate: openAction<typeof Who, WorkerService>({
      params: Who,
      timeoutMs: QUESTION_TIMEOUT_MS,
      log: 'info',
      async handler({ params }) {
        try {
          return { hibernated: await runningOf(this).worker.hibernate(params) };
        } catch (error) {
          throw asProblem(error);
        }
      },
    }),
    status: openAction<TObject, WorkerService>({
      params: Type.Object({}, closed),
      async handler() {
        const { worker, drained } = runningOf(this);
        return { worker: this.broker.nodeID, drained, ...worker.status() };
      },
    }),
    drain: openAction<TObject, WorkerService>({
      params: Type.Object({}, closed),
      timeoutMs: DRAIN_TIMEOUT_MS,
      async handler() {
        const running = runningOf(this);
        running.drained = true;
        return { moved: await running.worker.drain() };
      },
    }),
  },

  created() {
    this.running = null;
  },

  async started() {
    this.running = await run(this.broker, this.logger as unknown as Log);
  },

  async stopped() {
    const { running } = this;
    this.running = null;
    if (!running) return;
    running.pool.stop();
    await running.catalogue.stop();
    await withDeadline(running.worker.drain(), DRAIN_TIMEOUT_MS);
    await running.reruns.stop();
    await running.worker.stop();
  },
};
export default simulator;

async function withDeadline(work: Promise<unknown>, deadlineMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, deadlineMs);
  await Promise.race([work.catch(() => undefined), promise]);
  clearTimeout(timer);
}
