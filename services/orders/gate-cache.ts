/**
 * The gate changes with heartbeats, seconds apart, while orders may come hundreds a second: an open
 * gate is believed for a moment. A restricted one is asked again each time, so that whoever's
 * connection recovers trades at once.
 */
import type { Gate } from '@sandpit/schemas/http.ts';
import { Lru } from '../platform/lru.ts';

const BELIEVED_MS = 200;
/** From this age on the next one is fetched beside the order, so that a steady trader never waits. */
const RENEWED_AFTER_MS = 50;
const SESSIONS_MAX = 10_000;

interface Known {
  gate: Gate;
  atMs: number;
  renewing: boolean;
}

export class GateCache {
  readonly #known = new Lru<string, Known>(SESSIONS_MAX);
  readonly #nowMs: () => number;

  /** @param nowMs  Monotonic. */
  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  async get(sessionId: string, ask: () => Promise<Gate>): Promise<Gate> {
    const known = this.#known.get(sessionId);
    const ageMs = known ? this.#nowMs() - known.atMs : BELIEVED_MS;
    if (!known || ageMs >= BELIEVED_MS) return this.#renew(sessionId, ask);
    if (ageMs >= RENEWED_AFTER_MS && !known.renewing) {
      known.renewing = true;
      // One that fails is asked again by whoever comes when this one is too old.
      this.#renew(sessionId, ask).catch(() => {});
    }
    return known.gate;
  }

  async #renew(sessionId: string, ask: () => Promise<Gate>): Promise<Gate> {
    const atMs = this.#nowMs();
    const gate = await ask();
    if (gate.state === 'healthy' || gate.state === 'degraded') {
      this.#known.set(sessionId, { gate, atMs, renewing: false });
    } else {
      this.#known.delete(sessionId);
    }
    return gate;
  }
}
