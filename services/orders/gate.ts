/** May this order pass the gate that the trader's connection has earned? Pure. Cancels do not ask. */
import type { Gate } from '@sandpit/schemas/http.ts';
import type { OrderTicket } from '@sandpit/schemas/order.ts';

/**
 * @param heldLots  Signed position in the order's symbol.
 * @returns         The sentence that refuses it, or null.
 */
export function gateRefusal(gate: Gate, ticket: OrderTicket, heldLots: number): string | null {
  const why = gate.reasons.length > 0 ? ` (${gate.reasons.join(', ')})` : '';
  if (gate.state === 'closed') return `Trading is closed for this connection${why}; cancels pass.`;
  if (gate.state === 'reduceOnly' && !isReducing(ticket, heldLots)) {
    return `This connection may only reduce positions${why}; cancels pass.`;
  }
  return null;
}

function isReducing({ side, quantityLots }: OrderTicket, heldLots: number): boolean {
  const closable = side === 'sell' ? heldLots : -heldLots;
  return closable > 0 && quantityLots <= closable;
}
