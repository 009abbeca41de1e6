/** What the double venue remembers, and its little random number generator. */
import type { Account, ClockState, Execution, Position } from '@sandpit/schemas/event.ts';
import type { Instrument } from '@sandpit/schemas/instrument.ts';
import type { Order } from '@sandpit/schemas/order.ts';
import type { KillSwitch } from '@sandpit/schemas/risk.ts';
import type { Micros } from '@sandpit/schemas/units.ts';
import type { CommandOutcome } from '../venue/venue.ts';

export const DOUBLE_INSTRUMENT: Instrument = {
  symbol: 'ACME',
  name: 'Acme',
  kind: 'equity',
  currency: 'USD',
  tickSize: '0.01',
  lotSize: '1',
  tickValueMicros: 10_000,
  maxOrderLots: 1_000_000,
  makerFeePpm: 0,
  takerFeePpm: 0,
  collarPpm: 500_000,
  shortable: true,
};

export interface State {
  seed: number;
  nowNs: number;
  clock: ClockState | null;
  account: Account;
  position: Position;
  orders: Order[];
  executions: Execution[];
  outcomes: [string, CommandOutcome][];
  switches: KillSwitch[];
  hash: number;
  quotes: number;
}

export function emptyState(): State {
  const none = 0 as Micros;
  return {
    seed: 0,
    nowNs: 0,
    clock: null,
    account: {
      currency: 'USD',
      startingCashMicros: none,
      cashMicros: none,
      reservedMicros: none,
      realisedMicros: none,
      feesMicros: none,
    },
    position: {
      symbol: 'ACME',
      quantityLots: 0,
      costMicros: none,
      realisedMicros: none,
      feesMicros: none,
    },
    orders: [],
    executions: [],
    outcomes: [],
    switches: [],
    hash: 1,
    quotes: 0,
  };
}

/** A 32-bit mix (Murmur3's finaliser). */
export function scramble(word: number): number {
  let h = word | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
