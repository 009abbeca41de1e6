/** A simulator with its log in memory: what is sent to it becomes records as a worker writes them. */
import { createHash } from 'node:crypto';
import type { CommandBody } from '@sandpit/schemas/command.ts';
import type { OrderTicket } from '@sandpit/schemas/order.ts';
import type { EventRecord } from '@sandpit/schemas/record.ts';
import type { StandingSwitch } from '@sandpit/schemas/risk.ts';
import type { Scenario } from '@sandpit/schemas/scenario.ts';
import type { SimNs } from '@sandpit/schemas/units.ts';
import { canonicalJson } from '../../../platform/canonical.ts';
import { capsuleLines, StepWriter } from '../../../platform/capsule/write.ts';
import { type Draft, recordFor } from '../../runtime/committer.ts';
import { GENESIS } from '../../runtime/record.ts';
import { absorb, createMemory, type Replica } from '../../runtime/replica.ts';
import { openVenue, restoreVenue } from '../../venue/create.ts';
import { command, START_MS, SYMBOL, startBody } from '../../venue/testing/commands.ts';
import type { Venue } from '../../venue/venue.ts';
import type { SessionInput } from '../trace.ts';

export class Session {
  readonly scenario: Scenario;
  readonly scenarioHash: string;
  readonly records: EventRecord[] = [];
  wallMs = START_MS;
  #replica: Replica;
  #sequence = 0;

  constructor(scenario: Scenario, seed = 5, speed = 1) {
    this.scenario = scenario;
    this.scenarioHash = createHash('sha256').update(canonicalJson(scenario)).digest('hex');
    const { scenarioHash } = this;
    const address = { accountId: 'account', simulatorId: 'sim' };
    const venue = openVenue(scenario, { simulatorId: 'sim', scenarioHash });
    this.#replica = { address, scenarioHash, venue, memory: createMemory(), head: GENESIS };
    this.#commit({ type: 'owner', commands: [], events: [], simNs: 0 as SimNs, wallMs: START_MS });
    this.send({ ...startBody(speed, seed), scenarioHash } as CommandBody);
    // The market's past.
    this.wait(0);
  }

  get venue(): Venue {
    return this.#replica.venue;
  }

  send(body: CommandBody) {
    const { venue, wallMs } = this;
    const events = venue.advanceTo(venue.targetNs(wallMs));
    const simNs = venue.nowNs;
    this.#sequence++;
    const sent = command(`cmd-${this.#sequence}`, body);
    const recorded = { sequence: this.#sequence, command: sent };
    events.push(...venue.execute(sent, { wallMs, sequence: this.#sequence }));
    this.#commit({ type: 'turn', commands: [recorded], events, simNs, wallMs });
    return events;
  }

  order(clientOrderId: string, terms: Partial<Record<keyof OrderTicket, unknown>> = {}) {
    const ticket = {
      clientOrderId,
      symbol: SYMBOL,
      side: 'buy',
      type: 'market',
      quantityLots: 100,
      limitTicks: null,
      timeInForce: 'gtc',
      postOnly: false,
      ...terms,
    } as OrderTicket;
    return this.send({ type: 'newOrder', ticket });
  }

  /** Lets host time pass; what touches the trader becomes a record as it happens. */
  wait(ms: number): void {
    this.wallMs += ms;
    this.#advance(this.venue.targetNs(this.wallMs));
  }

  /** Lets a step or a jump come to its end. */
  arrive(): void {
    while (this.venue.seekNs !== null) this.#advance(this.venue.seekNs);
  }

  pace(realSpeed: number | null): void {
    const { venue, wallMs } = this;
    const events = venue.pace(realSpeed, wallMs);
    const draft: Draft = { type: 'turn', commands: [], events, simNs: venue.nowNs, wallMs };
    this.#commit({ ...draft, pacedTo: realSpeed });
  }

  /** @param switches  Set while it slept. */
  hibernate(hibernation: 'begins' | 'ends', switches: StandingSwitch[] = []): void {
    const { venue, wallMs } = this;
    const events = [...venue.hibernate(hibernation, wallMs), ...venue.setSwitches(switches)];
    const draft: Draft = { type: 'turn', commands: [], events, simNs: venue.nowNs, wallMs };
    this.#commit({ ...draft, hibernation, ...(switches.length > 0 && { switches }) });
  }

  /** What a new owner does. */
  restore(): void {
    const venue = restoreVenue(this.scenario, this.venue.snapshot());
    this.#replica = { ...this.#replica, venue };
  }

  async capsule(): Promise<string> {
    const { venue, records, scenario, scenarioHash } = this;
    async function* all() {
      yield* records;
    }
    const stand = {
      engineVersion: venue.engineVersion,
      simNs: venue.nowNs,
      tapeHash: venue.tapeHash(),
    };
    let text = '';
    const lines = capsuleLines('sim', scenario, scenarioHash, stand, all());
    for await (const line of lines) text += line;
    return text;
  }

  #advance(toNs: number): void {
    const { venue, wallMs } = this;
    while (venue.nowNs < toNs) {
      const events = venue.advanceTo(Math.min(toNs, venue.nowNs + 1e9) as SimNs);
      if (events.length === 0) continue;
      this.#commit({ type: 'turn', commands: [], events, simNs: venue.nowNs, wallMs });
      if (venue.clock?.state === 'paused') return;
    }
  }

  #commit(draft: Draft): void {
    const { record } = recordFor(this.#replica, draft, 'w');
    absorb(this.#replica, record, this.records.length + 1);
    // As it comes back from the log.
    this.records.push(JSON.parse(JSON.stringify(record)));
    this.venue.takeFrames();
  }
}

/** What a rerun of the session is given. */
export function inputOf({ venue, records, scenario, scenarioHash }: Session): SessionInput {
  const writer = new StepWriter(venue.engineVersion);
  const steps = records.flatMap((record) => writer.step(record) ?? []);
  return { simulatorId: 'sim', scenario, scenarioHash, steps, endNs: venue.nowNs };
}
