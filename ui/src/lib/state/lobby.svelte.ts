import { FEE_SCHEDULE_OF_TIER, type FeeScheduleList } from '@sandpit/schemas/fees.ts';
import type { SimulatorRequest, Simulator as SimulatorView } from '@sandpit/schemas/http.ts';
import type { ScenarioSummary } from '@sandpit/schemas/scenario.ts';
import type { Api } from '../client/api.ts';
import { messageOf } from '../client/api-error.ts';
import { browserClock } from '../client/clock.ts';
import { Poll } from '../client/poll.ts';
import { shelved } from '../client/shelf.ts';
import type { Session } from './session.svelte.ts';

const START_TIMEOUT_MS = 30_000;
const REFRESH_MS = 4_000;
const isActive = ({ state }: SimulatorView) => state !== 'stopped';

const newestFirst = (simulators: readonly SimulatorView[]) =>
  simulators.toSorted((a, b) => (a.startedAt < b.startedAt ? 1 : -1));

/** The home page: what can be started and what is running. */
export class Lobby {
  scenarios = $state.raw<readonly ScenarioSummary[] | null>(null);
  simulators = $state.raw<readonly SimulatorView[] | null>(null);
  /** Those that every scenario may be started with, and which a tier gets. */
  fees = $state.raw<FeeScheduleList>({ items: [], ofTiers: FEE_SCHEDULE_OF_TIER });
  error = $state<string | null>(null);
  /** When the list last was as it stands, ms since the epoch. */
  seenAtMs = $state(Date.now());
  active = $derived((this.simulators ?? []).filter(isActive));
  past = $derived((this.simulators ?? []).filter((simulator) => !isActive(simulator)));
  readonly #api: Api;
  readonly #session: Session;
  #changes = 0;

  constructor(api: Api, session: Session) {
    this.#api = api;
    this.#session = session;
  }

  /** Fetches all lists; a failure is kept for the page to show with a way to try again. */
  async load(): Promise<void> {
    this.error = null;
    try {
      const [scenarios, simulators, fees] = await Promise.all([
        this.#api.get<{ items: ScenarioSummary[] }>('/scenarios'),
        this.#api.get<{ items: SimulatorView[] }>('/simulators'),
        this.#api.get<FeeScheduleList>('/fee-schedules'),
      ]);
      this.fees = fees;
      this.scenarios = shelved(scenarios.items);
      this.simulators = newestFirst(simulators.items);
      this.seenAtMs = Date.now();
    } catch (error) {
      this.error = messageOf(error);
    }
  }

  /**
   * Keeps the list of simulators as it stands, for as long as the page is looked at.
   *
   * @param also  Done with it each time.
   * @returns what ends it.
   */
  follow(also: () => Promise<void>): () => void {
    const poll = new Poll({
      clock: browserClock,
      ask: async () => {
        await Promise.all([this.#refresh(), also()]);
        return REFRESH_MS;
      },
      failedMs: REFRESH_MS,
      isVisible: () => !document.hidden,
    });
    const look = () => poll.now();
    document.addEventListener('visibilitychange', look);
    poll.start(REFRESH_MS);
    return () => {
      poll.stop();
      document.removeEventListener('visibilitychange', look);
    };
  }

  /** @throws ApiError; the list then stays as it was */
  async #refresh(): Promise<void> {
    if (this.simulators === null) return;
    const before = this.#changes;
    const { items } = await this.#api.get<{ items: SimulatorView[] }>('/simulators');
    // What was changed here meanwhile is newer than the answer.
    if (before === this.#changes) this.simulators = newestFirst(items);
    this.seenAtMs = Date.now();
  }

  titleOf(scenario: string): string {
    return this.scenarios?.find(({ id }) => id === scenario)?.title ?? scenario;
  }

  /** @throws ApiError */
  async start(request: Omit<SimulatorRequest, 'sessionId'>): Promise<SimulatorView> {
    const { id: sessionId } = await this.#session.open();
    const body: SimulatorRequest = { sessionId, ...request };
    return this.#api.post<SimulatorView>('/simulators', body, { timeoutMs: START_TIMEOUT_MS });
  }

  /** @throws ApiError */
  async stop(id: string): Promise<void> {
    this.put(await this.#api.post<SimulatorView>(`/simulators/${id}/stop`));
  }

  /** What is known of one anew. */
  put(simulator: SimulatorView): void {
    const { id } = simulator;
    this.#changes += 1;
    this.simulators = (this.simulators ?? []).map((known) => (known.id === id ? simulator : known));
  }
}
