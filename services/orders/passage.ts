/** What stands between a trader's order and its venue: its own age, and the gate of his connection. */
import { quantityLots } from '@sandpit/schemas/decimal.ts';
import type { Gate, PositionView } from '@sandpit/schemas/http.ts';
import type { OrderTicket } from '@sandpit/schemas/order.ts';
import type { OrderStamp } from '@sandpit/schemas/order-stamp.ts';
import type { Caller } from '../platform/caller.ts';
import { problem } from '../platform/errors.ts';
import type { VenueInfo } from '../platform/venues.ts';
import { accepted, instrumentOf } from './accepted.ts';
import { gateRefusal } from './gate.ts';
import { gateFor, type Stamp, stampOf, timingOf } from './stamp.ts';

export interface PassageSources {
  /** The gate of the session that owns the simulator. */
  gate(caller: Caller, sessionId: string): Promise<Gate>;
  positions(venue: VenueInfo): Promise<readonly PositionView[]>;
}

export class Passage {
  readonly #sources: PassageSources;
  readonly #now: () => number;

  /** @param now  Host time, ms since the epoch: stamps are in server time. */
  constructor(sources: PassageSources, now: () => number = Date.now) {
    this.#sources = sources;
    this.#now = now;
  }

  /**
   * What a request says of its own time.
   *
   * @throws problem `validationFailed` for a stamp that cannot be true, `staleOrder` for a late one.
   */
  inTime(given: OrderStamp): Stamp | null {
    const stamp = accepted(stampOf(given));
    if (!stamp) return null;
    const nowMs = this.#now();
    const timing = timingOf(stamp, nowMs);
    if (timing === 'late') {
      const detail = `The order is ${seconds(nowMs - stamp.sentAtMs)} old and was meant for ${seconds(stamp.windowMs)}. Look at the prices, then send a new one.`;
      throw problem('staleOrder', { detail });
    }
    if (timing === 'ahead') {
      const message = `lies ${seconds(stamp.sentAtMs - nowMs)} ahead of the server; correct your clock by the serverTime of heartbeat answers`;
      throw problem('validationFailed', { errors: [{ path: 'sentAt', message }] });
    }
    return stamp;
  }

  /** @throws problem `orderGateClosed`, `sessionExpired` */
  async pass(
    caller: Caller,
    venue: VenueInfo,
    tickets: readonly OrderTicket[],
    stamp: Stamp | null,
  ): Promise<void> {
    const gate = await this.#gateFor(caller, venue, stamp);
    if (isOpen(gate)) return;
    const positions = gate.state === 'reduceOnly' ? await this.#sources.positions(venue) : [];
    if (gate.reasons.includes('sessionExpired')) throw problem('sessionExpired');
    for (const ticket of tickets) {
      const held = positions.find(({ symbol }) => symbol === ticket.symbol);
      const instrument = instrumentOf(venue, ticket.symbol);
      const heldLots = held ? (quantityLots(held.quantity, instrument) ?? 0) : 0;
      const refusal = gateRefusal(gate, ticket, heldLots);
      if (refusal) throw problem('orderGateClosed', { detail: refusal });
    }
  }

  /** For what opens a position of any size. @throws problem `orderGateClosed`, `sessionExpired` */
  async passOpening(caller: Caller, venue: VenueInfo, stamp: Stamp | null): Promise<void> {
    const gate = await this.#gateFor(caller, venue, stamp);
    if (isOpen(gate)) return;
    if (gate.reasons.includes('sessionExpired')) throw problem('sessionExpired');
    const detail = 'This connection may only reduce positions; close the position instead.';
    throw problem('orderGateClosed', { detail });
  }

  async #gateFor(caller: Caller, { sessionId }: VenueInfo, stamp: Stamp | null): Promise<Gate> {
    return gateFor(await this.#sources.gate(caller, sessionId), stamp, this.#now());
  }
}

const isOpen = ({ state }: Gate) => state === 'healthy' || state === 'degraded';
const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
