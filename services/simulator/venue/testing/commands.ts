/** Commands and venues for tests; host time starts at START_MS and simulated time with it. */
import type { Command, CommandBody } from '@sandpit/schemas/command.ts';
import type { OrderTicket } from '@sandpit/schemas/order.ts';
import type { Scenario } from '@sandpit/schemas/scenario.ts';
import type { SimNs } from '@sandpit/schemas/units.ts';
import { testScenario } from '../../market/testing/scenario.ts';
import { openVenue } from '../create.ts';
import type { Venue } from '../venue.ts';

export const START_MS = 1_800_000_000_000;
export const HASH = 'ab'.repeat(32);
export const SYMBOL = 'SMALL';
const CASH_MICROS = 1_000_000_000_000;

export const seconds = (count: number): SimNs => (count * 1_000_000_000) as SimNs;

export function scenarioWith(more: Partial<Scenario> = {}): Scenario {
  return { ...testScenario(), warmUpSeconds: 20, ...more };
}

export function command(
  commandId: string,
  body: CommandBody,
  deadlineAt: string | null = null,
): Command {
  return {
    commandId,
    simulatorId: 'sim',
    accountId: 'account',
    correlationId: commandId,
    receivedAt: '2026-01-01T00:00:00.000Z',
    deadlineAt,
    body,
  };
}

type StartCommand = Extract<CommandBody, { type: 'start' }>;

export function startBody(speed = 1, seed = 5, more: Partial<StartCommand> = {}): StartCommand {
  return {
    type: 'start',
    sessionId: 'session',
    scenarioId: 'test',
    scenarioHash: HASH,
    seed,
    startingCashMicros: CASH_MICROS as never,
    speed,
    ...more,
  };
}

/** Gives a venue commands; ids and stream sequences count by themselves. */
export class Desk {
  readonly venue: Venue;
  wallMs = START_MS;
  sequence = 0;

  constructor(venue: Venue) {
    this.venue = venue;
  }

  send(body: CommandBody, deadlineAt: string | null = null) {
    this.sequence++;
    const { wallMs, sequence } = this;
    return this.venue.execute(command(`cmd-${sequence}`, body, deadlineAt), { wallMs, sequence });
  }

  /** Starts the venue and lets its past run. */
  start(speed = 1, seed = 5, more: Partial<StartCommand> = {}) {
    const events = this.send(startBody(speed, seed, more));
    return [...events, ...this.wait(0)];
  }

  order(terms: Partial<Record<keyof OrderTicket, unknown>> = {}) {
    const ticket = {
      clientOrderId: `c${this.sequence + 1}`,
      symbol: SYMBOL,
      side: 'buy',
      type: 'limit',
      quantityLots: 100,
      limitTicks: null,
      timeInForce: 'gtc',
      postOnly: false,
      ...terms,
    } as OrderTicket;
    return this.send({ type: 'newOrder', ticket });
  }

  market(side: 'buy' | 'sell', quantityLots = 100) {
    return this.order({ side, type: 'market', quantityLots });
  }

  /** Lets host time pass and the venue follow. */
  wait(ms: number) {
    this.wallMs += ms;
    return this.venue.advanceTo(this.venue.targetNs(this.wallMs));
  }
}

export function openDesk(scenario: Scenario = scenarioWith()): Desk {
  return new Desk(openVenue(scenario, { simulatorId: 'sim', scenarioHash: HASH }));
}

export function startedDesk(
  scenario?: Scenario,
  speed = 1,
  seed = 5,
  more: Partial<StartCommand> = {},
): Desk {
  const desk = openDesk(scenario);
  desk.start(speed, seed, more);
  return desk;
}

/** A price some way below the market, where a buy rests. */
export function restingTicks(venue: Venue, symbol = SYMBOL): number {
  const { bid } = venue.quote(symbol)!;
  return Math.round(Number(bid) * 100 * 0.97);
}
