/** A committed record -> the events that a browser gets for it. At least one, so that none is missed. */

import {
  MICROS_PER_UNIT,
  moneyMicros,
  moneyText,
  quantityLots,
  quantityText,
} from '@sandpit/schemas/decimal.ts';
import type { Account, ClockState, Position, VenueEvent } from '@sandpit/schemas/event.ts';
import type { FeeSchedule } from '@sandpit/schemas/fees.ts';
import type {
  DividendView,
  InstrumentPhase,
  PositionView,
  SplitView,
} from '@sandpit/schemas/http.ts';
import type { Instrument } from '@sandpit/schemas/instrument.ts';
import type { Headline } from '@sandpit/schemas/news.ts';
import type { RejectReason } from '@sandpit/schemas/order.ts';
import type { EventRecord } from '@sandpit/schemas/record.ts';
import type { RiskView } from '@sandpit/schemas/risk.ts';
import type { SessionFrame, StreamFrames } from '@sandpit/schemas/stream.ts';
import type { Micros } from '@sandpit/schemas/units.ts';
import { accountView, type MarkedPosition } from '../../platform/account-views.ts';
import { riskView } from '../../platform/risk-view.ts';
import type { VenueInfo } from '../../platform/venues.ts';
import {
  executionView,
  orderView,
  phaseView,
  positionView,
  simulatedIso,
  splitView,
} from '../../platform/views.ts';
import { type FrameName, frame } from './frame.ts';

/** What is known of the account between records; changed by `recordFrames`. */
export interface AccountState {
  account: Account | null;
  positions: Map<string, Position>;
}

/** A position as its view tells it; its cost to the rounding of the average price. */
export function positionOf(view: PositionView, instrument: Instrument): Position {
  const lots = quantityLots(view.quantity, instrument) ?? 0;
  const units = Number(view.quantity) * Number(view.averagePrice ?? 0);
  return {
    symbol: view.symbol,
    quantityLots: lots,
    costMicros: Math.round(units * MICROS_PER_UNIT) as Micros,
    realisedMicros: moneyMicros(view.realised) ?? (0 as Micros),
    feesMicros: moneyMicros(view.fees) ?? (0 as Micros),
  };
}

export interface RecordFrames {
  bytes: Buffer;
  /** How many events the bytes hold. */
  count: number;
}

/** A frame before it is known whether it is the record's last. */
type Draft = {
  [Name in FrameName]: { name: Name; data: Omit<StreamFrames[Name], 'last'> };
}[FrameName];

export function recordFrames(
  record: EventRecord,
  sequence: number,
  id: string,
  venue: VenueInfo,
  state: AccountState,
): RecordFrames {
  const at = { n: record.n, sequence };
  const drafts: Draft[] = [];
  const changed = new Set<string>();
  if (record.type !== 'turn') drafts.push(venueFrame(record, at, { kind: record.type }));
  for (const event of record.events) {
    if (event.type === 'positionChanged') {
      changed.add(event.position.symbol);
      state.positions.set(event.position.symbol, event.position);
    } else {
      if (event.type === 'accountChanged' || event.type === 'started')
        state.account = event.account;
      const draft = draftOf(event, record, at, venue);
      if (draft) drafts.push(draft);
    }
  }
  const touched = changed.size > 0 || record.events.some(({ type }) => type === 'accountChanged');
  if (touched && state.account) drafts.push(accountFrame(state.account, state, changed, at, venue));
  if (drafts.length === 0) drafts.push(venueFrame(record, at, { kind: 'market' }));
  const frames = drafts.map(({ name, data }, i) =>
    frame(name, { ...data, last: i === drafts.length - 1 } as never, id),
  );
  return { bytes: Buffer.concat(frames), count: frames.length };
}

interface At {
  n: number;
  sequence: number;
}

function draftOf(event: VenueEvent, record: EventRecord, at: At, venue: VenueInfo): Draft | null {
  switch (event.type) {
    case 'orderFilled': {
      const instrument = instrumentOf(venue, event.order.symbol);
      const { opensAtMs } = venue;
      const execution = executionView(event.execution, instrument, opensAtMs, at.sequence);
      const order = orderView(event.order, instrument, opensAtMs, at.sequence);
      return { name: 'execution', data: { ...at, execution, order } };
    }
    case 'orderAccepted':
    case 'orderTriggered':
    case 'orderReplaced':
    case 'orderCanceled':
    case 'orderExpired':
    case 'orderRejected': {
      const instrument = instrumentOf(venue, event.order.symbol);
      const order = orderView(event.order, instrument, venue.opensAtMs, at.sequence);
      const refused = event.type === 'orderRejected' ? { refused: event.reason } : {};
      return { name: 'order', data: { ...at, order, causeId: event.causeId, ...refused } };
    }
    case 'started':
    case 'clockChanged':
      return venueFrame(record, at, {
        kind: 'clock',
        clock: event.clock,
        causeId: event.causeId,
      });
    case 'riskChanged':
      return venueFrame(record, at, {
        kind: 'risk',
        risk: riskView(event.risk),
        causeId: event.causeId,
      });
    case 'commandRefused':
      return venueFrame(record, at, {
        kind: 'refused',
        reason: event.reason,
        causeId: event.causeId,
      });
    case 'phaseChanged':
      return venueFrame(record, at, {
        kind: 'phase',
        causeId: event.causeId,
        phase: phaseView(event, venue.opensAtMs),
      });
    case 'dividendPaid': {
      const { symbol, amount, quantityLots, cashMicros } = event;
      const quantity = quantityText(quantityLots, instrumentOf(venue, symbol));
      const dividend = { symbol, amount, quantity, cash: moneyText(cashMicros) };
      return venueFrame(record, at, { kind: 'dividend', dividend });
    }
    case 'stockSplit': {
      const split = splitView(event, instrumentOf(venue, event.symbol), venue.opensAtMs);
      return venueFrame(record, at, { kind: 'split', split });
    }
    case 'feesChanged':
      return venueFrame(record, at, { kind: 'fees', fees: event.fees });
    case 'headline': {
      const { symbol, text, atNs } = event;
      const headline = { at: simulatedIso(atNs, venue.opensAtMs), symbol, text };
      return venueFrame(record, at, { kind: 'headline', headline });
    }
    default:
      return null;
  }
}

function venueFrame(
  { epoch }: EventRecord,
  at: At,
  what: {
    kind: SessionFrame['kind'];
    clock?: ClockState;
    reason?: RejectReason;
    causeId?: string | null;
    phase?: InstrumentPhase;
    risk?: RiskView;
    dividend?: DividendView;
    split?: SplitView;
    headline?: Headline;
    fees?: FeeSchedule;
  },
): Draft {
  const { kind, clock = null, reason = null, causeId = null, ...more } = what;
  return { name: 'session', data: { ...at, kind, epoch, clock, reason, causeId, ...more } };
}

/** At cost: the client has quotes, and values positions itself. */
function accountFrame(
  account: Account,
  { positions }: AccountState,
  changed: ReadonlySet<string>,
  at: At,
  venue: VenueInfo,
): Draft {
  const held: MarkedPosition[] = [...positions.values()].map((position) => ({
    position,
    instrument: instrumentOf(venue, position.symbol),
    mark: null,
  }));
  return {
    name: 'account',
    data: {
      ...at,
      account: accountView(account, held, at.sequence, venue.opensAtMs),
      positions: held
        .filter(({ position }) => changed.has(position.symbol))
        .map(({ position, instrument }) => positionView(position, instrument, null)),
    },
  };
}

function instrumentOf({ instruments, simulatorId }: VenueInfo, symbol: string) {
  const instrument = instruments.get(symbol);
  if (!instrument) throw new Error(`Simulator ${simulatorId} has no instrument ${symbol}.`);
  return instrument;
}
