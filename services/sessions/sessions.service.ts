/** Moleculer service `sessions`: connection contexts, heartbeats, and the order gate. */
import { HeartbeatRequest, SessionRequest } from '@sandpit/schemas/http.ts';
import { Id } from '@sandpit/schemas/units.ts';
import type { Context, Service } from 'moleculer';
import Type from 'typebox';
import { type SchemaOf, traderAction } from '../platform/action.ts';
import { Sessions } from './sessions.ts';

const SWEEP_INTERVAL_MS = 60_000;
const GATE_TIMEOUT_MS = 1_000;
const ENDED = 'sessions.ended';

const closed = { additionalProperties: false };
const SessionId = Type.Object({ id: Id }, closed);
const Heartbeat = Type.Object({ id: Id, ...HeartbeatRequest.properties }, closed);

interface This extends Service {
  sessions: Sessions;
  timer: NodeJS.Timeout;
}

const service: SchemaOf<This> = {
  name: 'sessions',

  actions: {
    create: traderAction({
      params: SessionRequest,
      async handler(this: This, { params, locals }) {
        return this.sessions.create(locals.principal.accountId, params.resume);
      },
    }),
    get: traderAction({
      params: SessionId,
      read: true,
      async handler(this: This, { params, locals }) {
        return this.sessions.get(locals.principal.accountId, params.id);
      },
    }),
    close: traderAction({
      params: SessionId,
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
  },

  events: {
    [ENDED](this: This, ctx: Context<{ id: string }>) {
      this.sessions?.forget(ctx.params.id);
    },
  },

  created(this: This) {
    const { broker, logger } = this;
    this.sessions = new Sessions({
      db: broker.database,
      cache: broker.cache,
      announceEnded: (id) => void broker.broadcast(ENDED, { id }),
      onTrouble: (error, message) => logger.warn({ err: error }, message),
    });
  },

  async started(this: This) {
    const sweep = async () => {
      const sessions = await this.sessions.sweep();
      if (sessions > 0) this.logger.info({ sessions }, 'idle sessions expired');
    };
    this.timer = setInterval(() => {
      sweep().catch((error: unknown) => this.logger.error({ err: error }, 'sweep failed'));
    }, SWEEP_INTERVAL_MS);
  },

  async stopped(this: This) {
    clearInterval(this.timer);
  },
};
export default service;
