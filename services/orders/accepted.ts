/** What a request asks for, or the answer that says all that is wrong with it. */
import type { OrderRequest } from '@sandpit/schemas/http.ts';
import type { Instrument } from '@sandpit/schemas/instrument.ts';
import type { OrderTicket } from '@sandpit/schemas/order.ts';
import { problem } from '../platform/errors.ts';
import type { VenueInfo } from '../platform/venues.ts';
import { type Parsed, ticketOf } from './ticket.ts';

/** @throws problem `validationFailed` for a symbol that the simulator does not trade. */
export function instrumentOf(venue: VenueInfo, symbol: string): Instrument {
  const instrument = venue.instruments.get(symbol);
  if (instrument) return instrument;
  const message = `is not traded here; one of ${[...venue.instruments.keys()].join(', ')}`;
  throw problem('validationFailed', { errors: [{ path: 'symbol', message }] });
}

export function accepted<Value>(parsed: Parsed<Value>): Value {
  if (parsed.errors) throw problem('validationFailed', { errors: parsed.errors });
  return parsed.value;
}

/** The tickets, or all that is wrong with any of them, each fault at its place in the list. */
function acceptedAll(parsed: readonly Parsed<OrderTicket>[]): OrderTicket[] {
  const errors = parsed.flatMap(({ errors }, i) =>
    (errors ?? []).map(({ path, message }) => ({ path: `orders.${i}.${path}`, message })),
  );
  if (errors.length > 0) throw problem('validationFailed', { errors });
  return parsed.map(accepted);
}

export const ticketsOf = (orders: readonly OrderRequest[], venue: VenueInfo): OrderTicket[] =>
  acceptedAll(
    orders.map((request) =>
      ticketOf(request, instrumentOf(venue, request.symbol), venue.opensAtMs),
    ),
  );
