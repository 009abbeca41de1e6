/** What Sandpit adds to Moleculer, and what its typings leave out. */
import type { Bus } from '@sandpit/bus/bus.ts';
import type { AuditedAction } from './action.ts';
import type { Cache } from './cache.ts';
import type { Config } from './config.ts';
import type { SandpitDatabase } from './database.ts';
import type { TokenVerifier } from './tokens.ts';

declare module 'moleculer' {
  interface ServiceBroker {
    config: Config;
    /** Connected before the services start, closed after they stopped. */
    bus: Bus;
    /** Not in a worker. */
    database: SandpitDatabase;
    /** The same, loaded when a worker needs it first. */
    lateDatabase(): Promise<SandpitDatabase>;
    /** Not in a worker. */
    cache: Cache;
    tokens: TokenVerifier;
  }
  interface ActionSchema {
    /** `trader`: the access token is verified here and `ctx.locals.principal` is set. */
    auth?: 'trader';
    /** Milliseconds the caller waits. */
    timeout?: number;
    log?: 'debug' | 'info';
    /** Leaves an entry in the audit trail. */
    audit?: AuditedAction;
  }
}
