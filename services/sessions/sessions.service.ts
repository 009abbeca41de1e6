/** Moleculer service `sessions`: connection contexts, heartbeats, and the order gate. */
import type { SimulatorAddress } from '@sandpit/bus/subjects.ts';
import {
  DeadManRequest,
  DrillRequest,
  HeartbeatRequest,
  SessionPatch,
  SessionRequest,
} from '@sandpit/schemas/http.ts';
import { Id } from '@sandpit/schemas/units.ts';
import type { Context, Service, ServiceBroker } from 'moleculer';
import Type from 'typebox';
import { openAction, type SchemaOf, traderAction } from '../platform/action.ts';
import { auditOf } from '../platform/audit.ts';
import { problem } from '../platform/errors.ts';
import { presenceOf } from '../platform/presence.ts';
import { programHeard } from '../platform/programs.ts';
import { venueDirectory } from '../platform/venues.ts';
import type { Guards } from './guards/guards.ts';
import { Renewals } from './guards/renewals.ts';
import { guardsOf, isHeardHere, watchGuards } from './guards/watch.ts';
import { type LabVars, labActions, labsOf, watchLabs } from './lab/actions.ts';
import './lab/tables.ts';
import { Sessions } from './sessions.ts';
import { drill, openStreams, streamActions } from './streams.ts';

const SWEEP_INTERVAL_MS = 60_000;
const GATE_TIMEOUT_MS = 1_000;
const ENDED = 'sessions.ended';
const GUARDED = 'sessions.guarded';

const area = 'sessions';
const closed = { additionalProperties: false };
const SessionId = Type.Object({ id: Id }, closed);
const NoParams = Type.Object({}, closed);
const Drill = Type.Object({ id: Id, ...DrillRequest.properties }, closed);
const Patch = Type.Object({ id: Id, ...SessionPatch.properties }, closed);
const OfSimulator = Type.Object({ simulatorId: Id }, closed);
const SetDeadMan = Type.Object({ simulatorId: Id, ...DeadManRequest.properties }, closed);
const Heard = Type.Object({ id: Id, withinMs: Type.Integer({ minimum: 0 }) }, closed);
const Heartbeat = Type.Object({ id: Id, ...HeartbeatRequest.properties }, closed);

interface This extends Service, LabVars {
  sessions: Sessions;
  guards: Guards;
  renewals: Renewals | undefined;
  unlisten: (() => void) | undefined;
  guardWatch: { stop(): Promise<void> };
  timer: NodeJS.Timeout;
  labWatch: { stop(): void };
}

const service: SchemaOf<This> = {
  name: 'sessions',

  actions: {
    ...(streamActions as object),
    create: traderAction({
      params: SessionRequest,
      audit: {
        area,
        action: 'sessionOpened',
        subject: (_, answer) => answer?.session.id,
        detail: (_, answer) => ({ resumed: answer?.resumed ?? false }),
      },
      async handler(this: This, { params, locals }) {
        const { accountId } = locals.principal;
        const created = await this.sessions.create(accountId, params);
        if (created.resumed || params.cancelOnDisconnect) {
          this.broker.broadcast(GUARDED, { id: created.session.id });
        }
        return created;
      },
    }),
    get: traderAction({
      params: SessionId,
      read: true,
      async handler(this: This, { params, locals }) {
        return this.sessions.get(locals.principal.accountId, params.id);
      },
    }),
    patch: traderAction({
      params: Patch,
      audit: {
        area,
        action: 'cancelOnDisconnectSet',
        detail: ({ cancelOnDisconnect }) => ({ ...cancelOnDisconnect }),
      },
      async handler(this: This, { params: { id, ...patch }, locals }) {
        const session = await this.sessions.patch(locals.principal.accountId, id, patch);
        this.broker.broadcast(GUARDED, { id });
        return session;
      },
    }),
    list: traderAction({
      params: NoParams,
      read: true,
      async handler(this: This, { locals }) {
        const { accountId } = locals.principal;
        const [rows, { bySession, complete }] = await Promise.all([
          this.sessions.list(accountId),
          openStreams(this.broker, accountId),
        ]);
        const items = rows.map((row) => ({ ...row, streams: bySession.get(row.id) ?? [] }));
        return { items, complete };
      },
    }),
    extend: traderAction({
      params: SessionId,
      async handler(this: This, { params, locals }) {
        return this.sessions.extend(locals.principal.accountId, params.id);
      },
    }),
    drill: traderAction({
      params: Drill,
      audit: {
        area,
        action: 'sessionDrilled',
        detail: (_, answer) => ({ streams: answer?.streams.length ?? 0 }),
      },
      log: 'info',
      async handler(this: This, { params: { id, seconds = 0 }, locals }) {
        const session = await this.sessions.get(locals.principal.accountId, id);
        return drill(this.broker, id, seconds, session.cancelOnDisconnect);
      },
    }),
    close: traderAction({
      params: SessionId,
      audit: { area, action: 'sessionClosed' },
      async handler(this: This, { params, locals }) {
        return this.sessions.close(locals.principal.accountId, params.id);
      },
    }),
    heartbeat: traderAction({
      params: Heartbeat,
      async handler(this: This, { params: { id, ...beat }, locals }) {
        return this.sessions.heartbeat(locals.principal.accountId, id, beat);
      },
    }),
    gate: traderAction({
      params: SessionId,
      read: true,
      timeoutMs: GATE_TIMEOUT_MS,
      async handler(this: This, { params, locals }) {
        return this.sessions.gate(locals.principal.accountId, params.id);
      },
    }),
    setDeadMan: traderAction({
      params: SetDeadMan,
      async handler(this: This, { params: { simulatorId, ...request }, locals }) {
        const { accountId } = locals.principal;
        const venue = await venueDirectory(this.broker).owned(simulatorId, accountId);
        if (venue.stopped) throw problem('simulatorStopped');
        return this.guards.setDeadMan(accountId, simulatorId, request);
      },
    }),
    deadMan: traderAction({
      params: OfSimulator,
      read: true,
      async handler(this: This, { params: { simulatorId }, locals }) {
        await venueDirectory(this.broker).owned(simulatorId, locals.principal.accountId);
        return this.guards.deadMan(simulatorId);
      },
    }),
    /** Asked of one process by another: is there a stream of it here, or was it heard of late? */
    heard: openAction({
      params: Heard,
      async handler(this: This, { params: { id, withinMs } }) {
        return { heard: isHeardHere(this, id, withinMs) };
      },
    }),
    ...labActions,
  },

  events: {
    [ENDED](this: This, ctx: Context<{ id: string }>) {
      this.sessions?.forget(ctx.params.id);
      tellEnded(this.broker, ctx.params.id);
    },
    [GUARDED](this: This, ctx: Context<{ id: string }>) {
      this.guards?.forget(ctx.params.id);
      // What another process has changed is read again.
      if (ctx.nodeID !== this.broker.nodeID) this.sessions?.forget(ctx.params.id);
    },
  },

  created(this: This) {
    const { broker, logger } = this;
    const heard = () => this.renewals?.drain() ?? [];
    this.guards = guardsOf(broker, () => this.sessions, heard, logger);
    this.sessions = new Sessions({
      db: broker.database,
      guards: this.guards,
      cache: broker.cache,
      onExpired: (accountId, id, why) =>
        auditOf(broker).note({
          area,
          action: 'sessionExpired',
          actor: 'house',
          accountId,
          subjectId: id,
          detail: { why },
        }),
      announceEnded: (id) => void broker.broadcast(ENDED, { id }),
      onTrouble: (error, message) => logger.warn({ err: error }, message),
    });
    this.labs = labsOf(broker);
  },

  async started(this: This) {
    const sweep = async () => {
      const sessions = await this.sessions.sweep();
      if (sessions > 0) this.logger.info({ sessions }, 'idle sessions expired');
    };
    this.timer = setInterval(() => {
      sweep().catch((error: unknown) => this.logger.error({ err: error }, 'sweep failed'));
    }, SWEEP_INTERVAL_MS);
    const { bus, tokens } = this.broker;
    this.renewals = new Renewals({
      bus,
      verify: (token) => tokens.verify(token),
      onHeard: (address) => void hearProgram(this.broker, address),
    });
    this.unlisten = presenceOf(this.broker).listenForSigns(({ accountId, sessionId }) => {
      // Postgres is away, or the session is gone: the next sign tries again.
      this.sessions.heard(accountId, sessionId).catch(() => undefined);
    });
    this.guardWatch = watchGuards(this.broker, this.guards, (error) =>
      this.logger.warn({ err: error }, 'guards cannot be renewed or fired now'),
    );
    this.labWatch = watchLabs(this.labs, (error) =>
      this.logger.warn({ err: error }, 'network labs cannot be looked through now'),
    );
  },

  async stopped(this: This) {
    clearInterval(this.timer);
    this.labWatch?.stop();
    this.unlisten?.();
    await this.renewals?.stop();
    await this.guardWatch?.stop();
  },
};
export default service;

async function hearProgram(
  broker: ServiceBroker,
  { simulatorId, accountId }: SimulatorAddress,
): Promise<void> {
  try {
    programHeard(broker, await venueDirectory(broker).owned(simulatorId, accountId));
  } catch {
    // No such simulator, or nobody can tell now.
  }
}

/** Whoever still watches by a session that has ended sees on, and cannot trade. */
function tellEnded(broker: ServiceBroker, sessionId: string): void {
  const at = new Date().toISOString();
  const detail = 'This session has ended: orders are refused. Resume it, or open another one.';
  for (const stream of presenceOf(broker).ofSession(sessionId)) {
    stream.notice?.({ kind: 'sessionEnded', at, detail });
  }
}
