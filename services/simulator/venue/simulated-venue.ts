/**
 * The venue: exchange, crowd, clock and public feed on one simulated time line.
 *
 * `advanceTo` walks from stop to stop (cell boundaries of the frame grid, UTC midnights) and lets
 * the crowd run in between, so the same stops are made however often the host looks.
 */
import type { Command, CommandBody } from '@sandpit/schemas/command.ts';
import type { ClockState, Seek, VenueEvent } from '@sandpit/schemas/event.ts';
import { riskFrom, type StandingSwitch } from '@sandpit/schemas/risk.ts';
import type { Scenario } from '@sandpit/schemas/scenario.ts';
import { NS_PER_SECOND, type SimNs } from '@sandpit/schemas/units.ts';
import { isOrderCommand, type TradeListener } from '../engine/exchange.ts';
import { StateHash } from '../engine/state-hash.ts';
import type { MarketAccess } from '../market/access.ts';
import { Market } from '../market/market.ts';
import { BookAccess } from './book-access.ts';
import { anchored, simTimeAt } from './clock.ts';
import {
  type ClockCommand,
  clockAfter,
  clockAfterHibernation,
  clockAfterPace,
  digestClock,
} from './clock-commands.ts';
import { foreignOutcomes } from './foreign.ts';
import { nextCutNs, PendingFrames } from './frame-grid.ts';
import { refusalOf } from './refusals.ts';
import { seekAfter, seekStopNs } from './seek.ts';
import { packVenue, unpackVenue } from './snapshot.ts';
import { startedEvent } from './started.ts';
import { nextMidnightNs } from './timestamps.ts';
import type { CommandInput, Hibernation, PendingFrame, Venue } from './venue.ts';
import { type VenueIdentity, VenueView } from './venue-view.ts';
import { ENGINE_VERSION } from './version.ts';

export class SimulatedVenue extends VenueView implements Venue, TradeListener {
  readonly engineVersion = ENGINE_VERSION;
  market: Market | null = null;
  override clock: ClockState | null = null;
  seed = 0;
  nextFrameNs = 0;
  nextMidnightNs = 0;
  /** Stands between the crowd and the books from the start command on; changes nothing there. */
  watchedBy: (access: MarketAccess) => MarketAccess = (access) => access;
  #nowNs = 0;
  /** Events of another engine version were applied, and the market has not been restarted since. */
  #isForeign = false;
  readonly #frames = new PendingFrames();

  constructor(scenario: Scenario, identity: VenueIdentity) {
    super(scenario, identity);
    this.exchange.listen(this);
  }

  override get nowNs(): SimNs {
    return this.#nowNs as SimNs;
  }

  /** Not trading: before the start command and after the stop command. */
  override get halted(): boolean {
    return this.clock === null || this.clock.state === 'stopped';
  }

  targetNs(wallMs: number): SimNs {
    return this.clock ? simTimeAt(this.clock, wallMs, this.#nowNs) : this.nowNs;
  }

  get seekNs(): SimNs | null {
    return this.clock?.seek?.toNs ?? null;
  }

  pace(realSpeed: number | null, wallMs: number): VenueEvent[] {
    return this.#anchor(clockAfterPace(this.clock, realSpeed, this.#nowNs, wallMs));
  }

  hibernate(hibernation: Hibernation, wallMs: number): VenueEvent[] {
    return this.#anchor(clockAfterHibernation(this.clock, hibernation, this.#nowNs, wallMs));
  }

  setSwitches(switches: readonly StandingSwitch[]): VenueEvent[] {
    this.#restartAfterForeign();
    this.exchange.setNow(this.#nowNs);
    const set = (each: StandingSwitch) => ({ type: 'killSwitch' as const, ...each });
    return switches.flatMap((each) => this.exchange.execute(set(each), null, null));
  }

  advanceTo(simNs: SimNs): VenueEvent[] {
    if (this.halted || simNs <= this.#nowNs) return [];
    this.#restartAfterForeign();
    if (this.#nowNs < this.#warmUpNs) {
      this.#warmUp(Math.min(simNs, this.#warmUpNs));
      if (simNs <= this.#warmUpNs) return this.exchange.takeEvents();
    }
    for (;;) {
      const { nextExpiryNs, nextWatchNs } = this.exchange;
      const ownNs = Math.min(nextExpiryNs, nextWatchNs);
      const seekNs = seekStopNs(this.clock!, this.market!.nextNs, this.exchange.nextPhaseNs);
      const stopNs = Math.min(this.nextFrameNs, this.nextMidnightNs, ownNs, seekNs);
      if (stopNs > simNs) break;
      const [before] = this.exchange.state.hash.lanes;
      this.#runTo(stopNs);
      if (stopNs === nextExpiryNs) this.exchange.expireTimedOrders();
      if (stopNs === nextWatchNs) this.exchange.watchMargin();
      if (stopNs === this.nextMidnightNs) this.#endDay();
      if (stopNs === this.nextFrameNs) this.#cutFrames();
      if (this.clock!.seek && this.#arrives(this.clock!.seek, before)) {
        return this.exchange.takeEvents();
      }
    }
    this.#runTo(simNs);
    return this.exchange.takeEvents();
  }

  execute(command: Command, input: CommandInput): VenueEvent[] {
    const { commandId, body } = command;
    if (this.outcomes.get(commandId)) return [];
    this.#restartAfterForeign();
    // Nobody trades in the past: a command that comes before its end waits for it.
    if (!this.halted && this.#nowNs < this.#warmUpNs) this.#warmUp(this.#warmUpNs);
    const events = this.#decide(command, input);
    this.outcomes.add({ commandId, type: body.type, events });
    return events;
  }

  applyForeign(events: readonly VenueEvent[], atNs: SimNs): void {
    for (const event of events) {
      if (event.type === 'started') this.seed = event.seed;
      if (event.type === 'started' || event.type === 'clockChanged') this.clock = event.clock;
      this.exchange.adopt(event);
    }
    for (const outcome of foreignOutcomes(events)) this.outcomes.add(outcome);
    this.#nowNs = Math.max(this.#nowNs, atNs);
    this.#isForeign = true;
  }

  stateHash(): string {
    const hash = this.exchange.state.hash.copy();
    hash.addLarge(this.#nowNs);
    if (this.clock) digestClock(this.clock, hash);
    this.exchange.digestInto(hash);
    return hash.digest();
  }

  tapeHash(): string {
    const hash = new StateHash();
    for (const { tape } of this.feeds) tape.digestInto(hash);
    return hash.digest();
  }

  snapshot(): Uint8Array {
    this.#restartAfterForeign();
    return packVenue(this);
  }

  /** @throws when the bytes are damaged, or of another scenario or engine version. */
  static restore(scenario: Scenario, bytes: Uint8Array): SimulatedVenue {
    return unpackVenue(bytes, (saved) => {
      const venue = new SimulatedVenue(scenario, saved);
      venue.#nowNs = saved.nowNs;
      return { venue, access: venue.#access() };
    });
  }

  takeFrames(): PendingFrame[] {
    return this.#frames.take();
  }

  setFramesWanted(wanted: boolean): void {
    this.#frames.wanted = wanted;
  }

  /** Every trade of every book, the trader's and the crowd's, at the moment of the match. */
  onTrade(
    instrument: number,
    makerOwner: number,
    makerLeavesLots: number,
    takerOwner: number,
    takerSide: 0 | 1,
    priceTicks: number,
    lots: number,
  ): void {
    this.feeds[instrument].addTrade(this.exchange.state.nowNs, priceTicks, lots, takerSide);
    this.market?.onFill(
      instrument,
      makerOwner,
      makerLeavesLots,
      takerOwner,
      takerSide,
      priceTicks,
      lots,
    );
  }

  onAuctionFill(instrument: number, owner: number, leavesLots: number, lots: number): void {
    this.market?.onAuctionFill(instrument, owner, leavesLots, lots);
  }

  onUncross(instrument: number, side: 0 | 1, priceTicks: number, lots: number): void {
    this.feeds[instrument].addTrade(this.exchange.state.nowNs, priceTicks, lots, side);
  }

  #decide({ commandId, body, deadlineAt }: Command, { wallMs }: CommandInput): VenueEvent[] {
    const refusal = refusalOf(this, body, deadlineAt, wallMs);
    this.exchange.setNow(this.#nowNs);
    this.exchange.state.timeStands = this.clock?.state === 'paused';
    if (isOrderCommand(body)) {
      return this.exchange.execute(body, commandId, refusal);
    }
    const { state } = this.exchange;
    state.causeId = commandId;
    if (refusal) state.emit({ type: 'commandRefused', reason: refusal, orderId: null });
    else if (body.type === 'start') this.#start(body, wallMs);
    else if (body.type !== 'unhalt') this.#changeClock(body, wallMs);
    state.causeId = null;
    return this.exchange.takeEvents();
  }

  #start(body: Extract<CommandBody, { type: 'start' }>, wallMs: number): void {
    const { seed, speed, startingCashMicros, account, riskTier, killSwitches = [] } = body;
    const { scenario, exchange } = this;
    this.seed = seed;
    exchange.deposit(startingCashMicros, account);
    exchange.startWatching();
    this.market = new Market(scenario, seed, this.#access());
    // The clock stands behind the warm-up already; the past is run by the next `advanceTo`, in as
    // many steps as its caller likes, because it can take longer than anybody may be kept waiting.
    this.#setClock(anchored('running', speed, this.#warmUpNs, wallMs));
    exchange.state.emit({ ...startedEvent(this), ...(account && { terms: account }) });
    if (riskTier === undefined && killSwitches.length === 0) return;
    exchange.state.setRisk(riskFrom(riskTier, killSwitches, exchange.state.risk.killSwitches));
    exchange.state.emit({ type: 'riskChanged', risk: exchange.state.risk });
  }

  get #warmUpNs(): number {
    return this.scenario.warmUpSeconds * NS_PER_SECOND;
  }

  /** The market before the trader came: no frames, and the feeds begin where it ends. */
  #warmUp(toNs: number): void {
    this.#runTo(toNs);
    if (toNs < this.#warmUpNs) return;
    for (const feed of this.feeds) feed.skipPast();
    this.exchange.startWatching();
    this.nextFrameNs = nextCutNs(toNs, this.clock!.speed);
    this.nextMidnightNs = nextMidnightNs(this.opensAtMs, toNs);
  }

  #changeClock(body: ClockCommand, wallMs: number): void {
    if (body.type === 'stop') this.exchange.endEveryOrder();
    this.#setClock(clockAfter(this.clock!, body, this.#nowNs, wallMs));
    if (this.clock!.state === 'paused') this.#showStanding();
    this.exchange.state.emit({ type: 'clockChanged', clock: this.clock! });
  }

  /** A clock that nobody's command changed; null = nothing changes. */
  #anchor(clock: ClockState | null): VenueEvent[] {
    if (!clock) return [];
    this.#restartAfterForeign();
    this.exchange.setNow(this.#nowNs);
    this.#setClock(clock);
    this.exchange.state.emit({ type: 'clockChanged', clock });
    return this.exchange.takeEvents();
  }

  /** @returns  Whether the seek is over: the market stands. */
  #arrives(seek: Seek, laneBefore: number): boolean {
    const { state } = this.exchange;
    const booksMoved = state.hash.lanes[0] !== laneBefore;
    const left = seekAfter(seek, this.#nowNs, booksMoved, state.told.all);
    const { seek: _, ...clock } = this.clock!;
    if (left) {
      this.clock = { ...clock, seek: left };
      return false;
    }
    this.#setClock({ ...clock, state: 'paused', anchorSimNs: this.nowNs });
    this.#showStanding();
    state.emit({ type: 'clockChanged', clock: this.clock! });
    return true;
  }

  /** A market that stands is shown as it stands, not as it was at the last cell of the grid. */
  #showStanding(): void {
    this.#frames.wanted = true;
    for (const feed of this.feeds) feed.cutWhole(this.#nowNs, this.#frames.sink);
  }

  #setClock(clock: ClockState): void {
    this.clock = clock;
    this.nextFrameNs = nextCutNs(this.#nowNs, clock.speed);
    this.nextMidnightNs = nextMidnightNs(this.opensAtMs, this.#nowNs);
    const state = clock.state === 'running' ? 'trading' : clock.state;
    const status = { state, speed: clock.speed, simulatorId: this.simulatorId };
    for (const feed of this.feeds) feed.cutStatus(this.#nowNs, status, this.#frames.sink);
  }

  #runTo(simNs: number): void {
    for (;;) {
      const { nextPhaseNs } = this.exchange;
      const scriptNs = this.script.nextNs(this.#nowNs);
      const stopNs = Math.min(nextPhaseNs, scriptNs);
      if (stopNs > simNs) break;
      if (stopNs === scriptNs) this.script.runSplits(stopNs, this.exchange, this.market!);
      this.market!.advanceTo(stopNs);
      this.#nowNs = stopNs;
      this.exchange.setNow(stopNs);
      if (stopNs === nextPhaseNs) this.exchange.changePhases();
      if (stopNs === scriptNs) this.script.run(stopNs, this.exchange, this.market);
    }
    this.market!.advanceTo(simNs);
    this.#nowNs = simNs;
    this.exchange.setNow(simNs);
  }

  #endDay(): void {
    const settles = this.calendar.isBusinessDay(this.#nowNs);
    this.exchange.expireDayOrders(this.#nowNs, settles);
    this.nextMidnightNs = nextMidnightNs(this.opensAtMs, this.#nowNs);
  }

  #cutFrames(): void {
    for (const feed of this.feeds) feed.cut(this.#nowNs, this.#frames.sink);
    this.#frames.dropOldest();
    this.nextFrameNs = nextCutNs(this.#nowNs, this.clock!.speed);
  }

  #access(): MarketAccess {
    const nowNs = () => this.market?.nowNs ?? this.#nowNs;
    return this.watchedBy(new BookAccess(this.exchange, nowNs));
  }

  /** Another engine's past cannot be continued: a fresh crowd starts around the last price. */
  #restartAfterForeign(): void {
    if (!this.#isForeign) return;
    this.#isForeign = false;
    const midTicks = this.exchange.listings.map((listing) => listing.referenceTicks);
    this.exchange.reopenBooks();
    this.market = null;
    this.market = new Market(this.scenario, this.seed, this.#access(), {
      simNs: this.#nowNs,
      midTicks,
      splits: this.pastSplits(),
    });
    this.exchange.setNow(this.#nowNs);
    this.exchange.startWatching();
    this.nextFrameNs = nextCutNs(this.#nowNs, this.clock?.speed ?? 1);
    this.nextMidnightNs = nextMidnightNs(this.opensAtMs, this.#nowNs);
  }
}
