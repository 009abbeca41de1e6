/** Outcomes of commands as far as their events tell, when the commands themselves were not run. */
import type { VenueEvent } from '@sandpit/schemas/event.ts';
import type { CommandOutcome } from './venue.ts';

/** The command that an event most likely answers; the first event of a command decides. */
const ANSWERS: Readonly<Record<VenueEvent['type'], CommandOutcome['type']>> = {
  started: 'start',
  clockChanged: 'speed',
  orderAccepted: 'newOrder',
  orderRejected: 'newOrder',
  orderFilled: 'newOrder',
  orderTriggered: 'newOrder',
  orderReplaced: 'replaceOrder',
  orderCanceled: 'cancelOrder',
  orderExpired: 'newOrder',
  phaseChanged: 'haltInstrument',
  dividendPaid: 'newOrder',
  stockSplit: 'newOrder',
  feesChanged: 'newOrder',
  headline: 'newOrder',
  commandRefused: 'newOrder',
  marginCallChanged: 'newOrder',
  positionChanged: 'newOrder',
  accountChanged: 'newOrder',
  riskChanged: 'riskLimits',
};

export function foreignOutcomes(events: readonly VenueEvent[]): CommandOutcome[] {
  const outcomes = new Map<string, CommandOutcome>();
  for (const event of events) {
    const { causeId } = event;
    if (causeId === null) continue;
    const known = outcomes.get(causeId);
    if (known) known.events.push(event);
    else outcomes.set(causeId, { commandId: causeId, type: ANSWERS[event.type], events: [event] });
  }
  return [...outcomes.values()];
}
