import type { StepUnit } from '@sandpit/schemas/command.ts';
import type { ClockState } from '@sandpit/schemas/event.ts';
import type { JumpRequest, OrderStamp, Simulator as SimulatorView } from '@sandpit/schemas/http.ts';
import type { Trade } from '@sandpit/schemas/market-data.ts';
import type { Headline } from '@sandpit/schemas/news.ts';
import type { ScenarioSummary } from '@sandpit/schemas/scenario.ts';
import type {
  ExecutionFrame,
  GateFrame,
  HeartbeatFrame,
  LabFrame,
  NoticeFrame,
  SessionFrame,
  SnapshotFrame,
} from '@sandpit/schemas/stream.ts';
import type { Api } from '../client/api.ts';
import { browserStream } from '../client/browser-stream.ts';
import { Commands } from '../client/commands.ts';
import { dividendText } from '../client/dividend-words.ts';
import type { Transport } from '../client/fallback-source.ts';
import { fillNews } from '../client/fill-news.ts';
import { gateOfOrder } from '../client/gate-text.ts';
import type { LastFrame, LastKnownDesks } from '../client/last-known.ts';
import type { LinkStatus, MarketEvent, StreamSink } from '../client/link.ts';
import { LinkReporter } from '../client/link-news.ts';
import type { LiveStream } from '../client/live-stream.ts';
import { reasonText } from '../client/reasons.ts';
import type { DeltaEvent } from '../client/record-assembler.ts';
import { titleFrom } from '../client/saved-states.ts';
import { Sight } from '../client/sight.ts';
import { SleepWatch } from '../client/sleep-watch.ts';
import { splitText } from '../client/split-words.ts';
import { Account } from './account.svelte.ts';
import { beatFor } from './beats.ts';
import { Connection, LINK_TEXTS, TRANSPORT_TEXTS } from './connection.svelte.ts';
import { Lab } from './lab.svelte.ts';
import { Market } from './market.svelte.ts';
import { lastFrameOf, Memory } from './memory.svelte.ts';
import type { Notices } from './notices.svelte.ts';
import { Orders } from './orders.svelte.ts';
import { Risk } from './risk.svelte.ts';
import type { Session } from './session.svelte.ts';

/** One open venue: the stream, and the one place where what it says is applied. */
const SILENCE_TOLD_MS = 6_000;

export class Simulator implements StreamSink {
  readonly id: string;
  readonly connection = new Connection();
  readonly market = new Market();
  readonly account = new Account(this.market);
  readonly orders: Orders;
  readonly risk: Risk;
  readonly lab: Lab;
  readonly memory: Memory;
  view = $state.raw<SimulatorView | null>(null);
  clock = $state.raw<ClockState | null>(null);
  symbol = $state('');
  /** Newest first. */
  news = $state.raw<readonly Headline[]>([]);
  /** Steps and jumps that have ended: what lies between was not shown, so pasts are loaded anew. */
  leaps = $state(0);
  /** Splits heard of; history is on another scale after each. */
  splits = $state(0);
  /** A snapshot has arrived: there is something to show. */
  isReady = $state(false);
  /** It was put away, perhaps in another tab: whatever is asked of it wakes it, so nothing is. */
  isAway = $derived(this.clock?.hibernated !== undefined);
  /** Counts the times from which what was fetched before may have holes; 0 = nothing is to be fetched. */
  revivals = $derived(this.isAway ? 0 : this.connection.revivals);
  #scenarioTitle = $state('');
  /** Of its scenario, for people. */
  title = $derived(this.#scenarioTitle || titleFrom(this.view?.scenario ?? 'simulator'));
  /** Whose past it has begun with. */
  forkedFrom = $state<string | null>(null);
  instrument = $derived(this.market.instrument(this.symbol));
  quote = $derived(this.market.quotes.get(this.symbol));
  /** The gate that an order meets which is sent now. */
  gate = $derived.by(() => gateOfOrder(this.#session.gate, this.connection.isLive, this.stamp()));

  readonly #api: Api;
  readonly #session: Session;
  readonly #notices: Notices;
  readonly #commands: Commands;
  readonly #stream: LiveStream;
  #ageTimer: ReturnType<typeof setInterval> | undefined;
  readonly #reporter = new LinkReporter();
  readonly #sight: Sight;
  #hasSession = false;
  #hasSnapshot = false;

  constructor(id: string, api: Api, session: Session, notices: Notices, desks: LastKnownDesks) {
    this.id = id;
    this.#api = api;
    this.#session = session;
    this.#notices = notices;
    this.#commands = new Commands(api, id);
    this.#sight = new Sight(session.serverClock);
    this.orders = new Orders(api, this.#commands, id, this.connection, () => this.stamp());
    this.risk = new Risk(api, id);
    this.memory = new Memory(desks, id, {
      frame: () => (this.#hasSnapshot ? lastFrameOf(this) : null),
      isLive: () => this.connection.isLive,
      isEmpty: () => !this.isReady,
      show: (frame) => this.#load(frame),
    });
    // Prices and trades that a lab has held back are not sent again.
    this.lab = new Lab(api, session, notices, () => (this.connection.revivals += 1));
    this.#stream = browserStream({
      simulatorId: id,
      api,
      sink: this,
      commands: this.#commands,
      onTransport: (...change) => this.#onTransport(...change),
    });
  }

  start(): void {
    this.#stream.start();
    this.memory.start();
    const sleep = new SleepWatch(Date.now(), performance.now());
    this.#ageTimer = setInterval(() => {
      if (sleep.hasSlept(Date.now(), performance.now())) this.#session.wake();
      this.connection.feedAgeMs = this.memory.ageMs ?? Math.round(this.#stream.feedAgeMs);
    }, 1_000);
    void this.#openSession();
  }

  stop(): void {
    clearInterval(this.#ageTimer);
    this.#stream.stop();
    this.memory.save(this.#stream.feedAgeMs);
    this.memory.stop();
    this.market.stop();
    this.orders.stop();
    this.lab.stop();
    this.#session.rest();
  }

  reconnectNow(): void {
    this.#stream.reconnectNow();
  }

  select(symbol: string): void {
    this.symbol = symbol;
  }

  /** @throws ApiError */
  async control(action: 'pause' | 'resume' | 'stop'): Promise<void> {
    this.view = await this.#api.post<SimulatorView>(`/simulators/${this.id}/${action}`);
  }

  /** @throws ApiError */
  async setSpeed(speed: number): Promise<void> {
    this.view = await this.#api.post<SimulatorView>(`/simulators/${this.id}/speed`, { speed });
  }

  /** Its market goes on where it stood; the stream says so. @throws ApiError */
  async wake(): Promise<void> {
    this.view = await this.#api.post<SimulatorView>(`/simulators/${this.id}/wake`);
  }

  /** Runs on by one unit and stands still. @throws ApiError */
  async step(unit: StepUnit): Promise<void> {
    this.view = await this.#api.post<SimulatorView>(`/simulators/${this.id}/step`, { unit });
  }

  /** Runs to a place ahead and stands still. @throws ApiError */
  async jump(request: JumpRequest): Promise<void> {
    this.view = await this.#api.post<SimulatorView>(`/simulators/${this.id}/jump`, request);
  }

  /** A second simulator with this one's past. @returns  Its id. @throws ApiError */
  async fork(): Promise<string> {
    const options = { timeoutMs: 30_000 };
    const path = `/simulators/${this.id}/fork`;
    return (await this.#api.post<SimulatorView>(path, {}, options)).id;
  }

  /** @throws ApiError */
  async loadNews(): Promise<void> {
    const { items } = await this.#api.get<{ items: Headline[] }>(`/simulators/${this.id}/news`);
    this.news = items;
  }

  /** @throws ApiError */
  async loadTape(symbol: string): Promise<void> {
    const answer = await this.#api.get<{ items?: Trade[]; trades?: Trade[] }>(
      `/simulators/${this.id}/trades/${symbol}?limit=100`,
    );
    this.market.fillTape(symbol, answer.items ?? answer.trades ?? []);
  }

  /** What an order that is sent now says of its time; null while server time is not known. */
  stamp(): OrderStamp | null {
    return this.#sight.stamp(performance.now());
  }

  onSnapshot(frame: SnapshotFrame): void {
    this.#sight.heard(performance.now());
    this.#load(frame);
    this.memory.settle();
    if (!this.#hasSnapshot) this.orders.recall();
    this.#hasSnapshot = true;
  }

  /** From the venue, or from what this device remembers. */
  #load(frame: LastFrame): void {
    this.view = frame.simulator;
    this.clock = frame.clock;
    this.market.load(frame);
    this.account.load(frame);
    this.risk.load(frame.risk);
    this.orders.load(frame.openOrders, frame.recentOrders);
    if (!this.symbol) this.symbol = frame.instruments[0]?.symbol ?? '';
    this.isReady = true;
  }

  onRecord(events: DeltaEvent[]): void {
    const fills: ExecutionFrame[] = [];
    for (const { type, frame } of events) {
      if (type === 'order') this.orders.apply(frame.order);
      else if (type === 'account') this.account.update(frame.account, frame.positions);
      else if (type === 'execution') {
        this.orders.apply(frame.order);
        this.account.addExecution(frame.execution);
        fills.push(frame);
      } else this.#onSession(frame);
    }
    const lotSizeOf = (symbol: string) => this.market.instrument(symbol)?.lotSize ?? '1';
    for (const news of fillNews(fills, lotSizeOf)) this.#notices.good(news);
  }

  onMarket(event: MarketEvent): void {
    this.#heard();
    this.market.apply(event);
  }

  onGate({ gate }: GateFrame): void {
    this.#session.gate = gate;
  }

  /** A token that ends is renewed by whoever needs the next one. */
  onNotice({ kind, detail }: NoticeFrame): void {
    if (kind === 'sessionEnded') this.#notices.bad(detail);
  }

  onLab({ lab }: LabFrame): void {
    this.lab.apply(lab);
  }

  onHeartbeat({ serverTime }: HeartbeatFrame): void {
    this.#sight.heartbeat(Date.parse(serverTime), performance.now());
    this.#heard();
  }

  /** After a silence that the gate counts, the server hears at once that it is over. */
  #heard(): void {
    const wasSilent = (this.connection.feedAgeMs ?? 0) >= SILENCE_TOLD_MS;
    this.connection.feedAgeMs = 0;
    this.#sight.heard(performance.now());
    if (wasSilent) this.#session.hurry();
  }

  onStatus(status: LinkStatus): void {
    this.connection.apply(status, performance.now());
    // A stopped venue is shown as its statement, which needs no session.
    if (status.error?.code === 'simulatorStopped') this.#session.rest();
    if (status.state === 'live' && !this.#hasSession) void this.#openSession();
    if (status.state !== 'live' && this.#hasSnapshot) this.memory.save(this.#stream.feedAgeMs);
    const news = this.#reporter.next(status.state, this.isReady);
    if (news?.kind === 'lost') {
      const { label, detail } = LINK_TEXTS[news.state];
      this.#notices.speak(`${label}. ${detail}`);
    } else if (news) {
      this.#notices.good('Back live. Nothing was missed.');
      this.#session
        .look()
        .then(() => this.#tellNews())
        .catch(() => {
          // The orders themselves say why they ended; this would only have said it louder.
        });
    }
  }

  #onTransport(transport: Transport, isNews: boolean): void {
    this.connection.transport = transport;
    if (isNews) this.#notices.info(TRANSPORT_TEXTS[transport].detail);
  }

  #onSession({ clock, kind, reason, risk, dividend, split, headline, fees }: SessionFrame): void {
    if (headline) {
      this.news = [headline, ...this.news].slice(0, 100);
      this.#notices.speak(headline.text);
    }
    this.risk.load(risk);
    if (dividend) this.#notices.info(dividendText(dividend));
    if (fees) this.#notices.info(`Fees are now ${fees.name}: ${fees.description}`);
    if (split) {
      this.splits += 1;
      this.#notices.info(splitText(split));
    }
    if (clock) {
      if (this.clock?.seek && !clock.seek) this.leaps += 1;
      this.clock = clock;
      const state = clock.hibernated ? 'hibernated' : clock.state;
      if (this.view) this.view = { ...this.view, speed: clock.speed, state };
    }
    if (kind === 'refused') this.#notices.bad(reasonText(reason) || 'The venue refused a request.');
    if (kind === 'quarantined')
      this.#notices.bad('A request kept failing and was set aside. The venue is halted.');
  }

  async #openSession(): Promise<void> {
    if (this.#hasSession) return;
    this.#hasSession = true;
    try {
      const view = await this.#api.get<SimulatorView>(`/simulators/${this.id}`);
      this.view ??= view;
      this.forkedFrom = view.forkedFrom ?? null;
      void this.#learnTitle(view.scenario);
      await this.#session.open(view.sessionId);
      this.#tellNews();
      beatFor(this, this.#session, this.#stream, this.#commands);
    } catch (error) {
      // As soon as the stream is live it is tried again; that it is not, everybody can see.
      this.#hasSession = false;
      if (this.connection.isLive) this.#notices.failed(error);
    }
  }

  async #learnTitle(scenario: string): Promise<void> {
    try {
      const { items } = await this.#api.get<{ items: ScenarioSummary[] }>('/scenarios');
      this.#scenarioTitle = items.find(({ id }) => id === scenario)?.title ?? '';
    } catch {
      // Its id serves as well.
    }
  }

  #tellNews(): void {
    const news = this.#session.takeNews();
    if (news) this.#notices.bad(news);
  }
}
