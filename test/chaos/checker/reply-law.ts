/** I6: whoever was told an outcome finds it in the log, at the place that was named. */
import type { VenueEvent } from '@sandpit/schemas/event.ts';
import type { Order } from '@sandpit/schemas/order.ts';
import { type Finding, type OrderAnswer, placesOf, type SimulatorHistory } from './history.ts';

export function checkReplies({ answers, records }: SimulatorHistory): Finding {
  const bySequence = new Map(
    records.flatMap((stored) => placesOf(stored).map((place) => [place, stored.body] as const)),
  );
  const ids = new Map<string, Set<string>>();
  for (const { body } of records) {
    for (const order of ordersOf(body.events)) {
      const known = ids.get(order.clientOrderId) ?? new Set();
      ids.set(order.clientOrderId, known.add(order.orderId));
    }
  }
  const breaches = answers.flatMap((answer) => {
    const events = bySequence.get(answer.order.sequence)?.events;
    return faultOf(answer, events, ids.get(answer.clientOrderId)) ?? [];
  });
  return { law: 'I6', checked: answers.length, what: 'answers', breaches };
}

function faultOf(
  { clientOrderId, order }: OrderAnswer,
  events: readonly VenueEvent[] | undefined,
  ids: ReadonlySet<string> | undefined,
): string | null {
  const name = `order ${clientOrderId}`;
  if (order.clientOrderId !== clientOrderId) return `${name} was answered with another order`;
  if (!ids) return `${name} was answered and is not in the log`;
  if (ids.size > 1) return `${name} is in the log ${ids.size} times`;
  if (!ids.has(order.orderId)) return `${name} was answered as ${order.orderId}`;
  if (!events) return `${name} was told to stand at ${order.sequence}, where no record is`;
  const logged = ordersOf(events).findLast(({ orderId }) => orderId === order.orderId);
  if (!logged) return `${name} was told to stand at ${order.sequence}, which says nothing of it`;
  return logged.status === order.status
    ? null
    : `${name} was told to be ${order.status}, the log says ${logged.status}`;
}

const ordersOf = (events: readonly VenueEvent[]): Order[] =>
  events.flatMap((event) => ('order' in event ? event.order : []));
