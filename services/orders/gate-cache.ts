/**
 * The gate changes with heartbeats, seconds apart, while orders may come hundreds a second: an open
 * gate is believed for a moment. A restricted one is asked again each time, so that whoever's
 * connection recovers trades at once.
 */
import type { Gate } from '@sandpit/schemas/http.ts';
import { Lru } from '../platform/lru.ts';

const BELIEVED_MS = 200;
const SESSIONS_MAX = 10_000;

export class GateCache {
  readonly #known = new Lru<string, { gate: Gate; atMs: number }>(SESSIONS_MAX);
  readonly #nowMs: () => number;

  /** @param nowMs  Monotonic. */
  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  async get(sessionId: string, ask: () => Promise<Gate>): Promise<Gate> {
    const known = this.#known.get(sessionId);
    if (known && this.#nowMs() - known.atMs < BELIEVED_MS) return known.gate;
    const atMs = this.#nowMs();
    const gate = await ask();
    if (gate.state === 'healthy' || gate.state === 'degraded') {
      this.#known.set(sessionId, { gate, atMs });
    } else {
      this.#known.delete(sessionId);
    }
    return gate;
  }
}
