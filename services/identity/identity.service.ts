/** Moleculer service `identity`: who somebody is, and proof of it. */
import { Credentials, NatsCredentialRequest } from '@sandpit/schemas/http.ts';
import { Id } from '@sandpit/schemas/units.ts';
import type { Context, Service } from 'moleculer';
import Type from 'typebox';
import { openAction, type SchemaOf, traderAction } from '../platform/action.ts';
import { auditOf } from '../platform/audit.ts';
import { presenceOf } from '../platform/presence.ts';
import { Identity } from './identity.ts';
import { LoginThrottle } from './login-throttle.ts';
import { createCredential, listCredentials, revokeCredential } from './nats-credentials.ts';
import { identitySecret } from './secret.ts';

const LOGINS_ENDED = 'identity.loginsEnded';
const KEYS_INTERVAL_MS = 600_000;
const FORGET_INTERVAL_MS = 3_600_000;
/** Argon2 with a full queue before it takes about this long. */
const LOGIN_TIMEOUT_MS = 8_000;

const RefreshParams = Type.Object(
  { refreshToken: Type.String({ maxLength: 128 }) },
  { additionalProperties: false },
);
const ById = Type.Object({ id: Id }, { additionalProperties: false });
const ForAccount = Type.Object({ accountId: Id }, { additionalProperties: false });
const NoParams = Type.Object({}, { additionalProperties: false });

interface This extends Service {
  identity: Identity;
  timers: NodeJS.Timeout[];
}

const service: SchemaOf<This> = {
  name: 'identity',

  actions: {
    signup: openAction({
      params: Credentials,
      timeoutMs: LOGIN_TIMEOUT_MS,
      async handler(this: This, { params, meta }) {
        return this.identity.signup(params, meta.clientAddress);
      },
    }),
    login: openAction({
      params: Credentials,
      timeoutMs: LOGIN_TIMEOUT_MS,
      async handler(this: This, { params, meta }) {
        return this.identity.login(params, meta.clientAddress);
      },
    }),
    refresh: openAction({
      params: RefreshParams,
      async handler(this: This, { params }) {
        return this.identity.refresh(params.refreshToken);
      },
    }),
    logout: openAction({
      params: RefreshParams,
      async handler(this: This, { params }) {
        await this.identity.logout(params.refreshToken);
        return null;
      },
    }),
    jwks: openAction({
      params: NoParams,
      read: true,
      async handler(this: This) {
        return { keys: this.identity.publicKeys };
      },
    }),
    operatorToken: openAction({
      params: ForAccount,
      async handler(this: This, { params }) {
        return { token: await this.identity.operatorToken(params.accountId) };
      },
    }),
    createNatsCredential: traderAction({
      params: NatsCredentialRequest,
      audit: {
        area: 'identity',
        action: 'natsCredentialCreated',
        subject: (_, answer) => answer?.id,
      },
      async handler(this: This, { params, locals }) {
        const { accountId } = locals.principal;
        const { database, config } = this.broker;
        const wanted = { accountId, name: params.name, nowMs: Date.now() };
        return createCredential(database, config.nats, wanted);
      },
    }),
    listNatsCredentials: traderAction({
      params: NoParams,
      read: true,
      async handler(this: This, { locals }) {
        const { database, config } = this.broker;
        const asker = { accountId: locals.principal.accountId, nowMs: Date.now() };
        return { items: await listCredentials(database, config.nats, asker) };
      },
    }),
    revokeNatsCredential: traderAction({
      params: ById,
      audit: { area: 'identity', action: 'natsCredentialRevoked' },
      async handler(this: This, { params, locals }) {
        const { accountId } = locals.principal;
        const wanted = { accountId, id: params.id, nowMs: Date.now() };
        const { publicKey } = await revokeCredential(this.broker.database, wanted);
        this.logger.info({ accountId, publicKey }, 'NATS credential revoked');
        return null;
      },
    }),
  },

  events: {
    /** In every doors process: tokens of these log-ins are refused, and their streams end now. */
    [LOGINS_ENDED](this: This, { params }: Context<{ loginIds: string[] }>) {
      for (const loginId of params.loginIds) this.broker.tokens.revokeLogin(loginId);
      for (const stream of presenceOf(this.broker).all()) {
        if (params.loginIds.includes(stream.loginId)) stream.end('authRevoked', 0);
      }
    },
  },

  async started(this: This) {
    const { database, bus, cache, config } = this.broker;
    this.identity = new Identity({
      db: database,
      bus,
      throttle: new LoginThrottle(cache.redis),
      secret: identitySecret(config),
      logger: this.logger,
      audit: (note) => auditOf(this.broker).note({ area: 'identity', actor: 'trader', ...note }),
      onEnded: (loginIds) => void this.broker.broadcast(LOGINS_ENDED, { loginIds }),
    });
    for (const loginId of await this.identity.endedOfLate()) {
      this.broker.tokens.revokeLogin(loginId);
    }
    await this.identity.tendKeys();
    const every = (intervalMs: number, work: () => Promise<void>, message: string) =>
      setInterval(
        () => void work().catch((error: unknown) => this.logger.error({ err: error }, message)),
        intervalMs,
      );
    this.timers = [
      every(KEYS_INTERVAL_MS, () => this.identity.tendKeys(), 'tending the signing keys failed'),
      every(FORGET_INTERVAL_MS, () => this.identity.forgetOldTokens(), 'forgetting tokens failed'),
    ];
  },

  async stopped(this: This) {
    for (const timer of this.timers ?? []) clearInterval(timer);
  },
};
export default service;
