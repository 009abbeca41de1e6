import { FEE_SCHEDULE_OF_TIER, type FeeScheduleList } from '@sandpit/schemas/fees.ts';
import type { SimulatorRequest, Simulator as SimulatorView } from '@sandpit/schemas/http.ts';
import type { ScenarioSummary } from '@sandpit/schemas/scenario.ts';
import type { Api } from '../client/api.ts';
import { messageOf } from '../client/api-error.ts';
import { shelved } from '../client/shelf.ts';
import type { Session } from './session.svelte.ts';

const START_TIMEOUT_MS = 30_000;
const isActive = ({ state }: SimulatorView) => state !== 'stopped';

/** The home page: what can be started and what is running. */
export class Lobby {
  scenarios = $state.raw<readonly ScenarioSummary[] | null>(null);
  simulators = $state.raw<readonly SimulatorView[] | null>(null);
  /** Those that every scenario may be started with, and which a tier gets. */
  fees = $state.raw<FeeScheduleList>({ items: [], ofTiers: FEE_SCHEDULE_OF_TIER });
  error = $state<string | null>(null);
  active = $derived((this.simulators ?? []).filter(isActive));
  past = $derived((this.simulators ?? []).filter((simulator) => !isActive(simulator)));
  readonly #api: Api;
  readonly #session: Session;

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
      this.simulators = simulators.items.toSorted((a, b) => (a.startedAt < b.startedAt ? 1 : -1));
    } catch (error) {
      this.error = messageOf(error);
    }
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
    this.simulators = (this.simulators ?? []).map((known) => (known.id === id ? simulator : known));
  }
}
