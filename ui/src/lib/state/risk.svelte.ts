import type { KillSwitch, RiskLimitsRequest, RiskView } from '@sandpit/schemas/risk.ts';
import type { Api } from '../client/api.ts';

/** What orders are checked against, and the switch that stops all trading. */
export class Risk {
  current = $state.raw<RiskView | null>(null);
  /** Those that are on; one is enough. */
  switches: readonly KillSwitch[] = $derived(this.current?.killSwitches ?? []);
  /** The one that this trader has set for this simulator, and can lift here. */
  own = $derived(this.switches.find(({ scope, by }) => scope === 'simulator' && by === 'trader'));
  readonly #api: Api;
  readonly #path: string;

  constructor(api: Api, simulatorId: string) {
    this.#api = api;
    this.#path = `/simulators/${simulatorId}`;
  }

  load(view: RiskView | undefined): void {
    if (view) this.current = view;
  }

  /** The whole set; what is null is as the tier says. @throws ApiError */
  async setLimits(limits: RiskLimitsRequest): Promise<void> {
    this.load(await this.#api.put<RiskView>(`${this.#path}/risk-limits`, limits));
  }

  /** @throws ApiError */
  async stopTrading(reason: string, cancelOpenOrders: boolean): Promise<void> {
    const body = { engaged: true, reason, cancelOpenOrders };
    this.load(await this.#api.put<RiskView>(`${this.#path}/kill-switch`, body));
  }

  /** @throws ApiError */
  async liftSwitch(): Promise<void> {
    this.load(await this.#api.put<RiskView>(`${this.#path}/kill-switch`, { engaged: false }));
  }
}
