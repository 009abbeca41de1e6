import type {
  KillSwitch,
  KillSwitchRequest,
  RiskLimitsRequest,
  RiskView,
} from '@sandpit/schemas/risk.ts';
import type { Api } from '../client/api.ts';

/** What orders are checked against, and the switch that stops all trading. */
export class Risk {
  current = $state.raw<RiskView | null>(null);
  /** Those that are on; one is enough. */
  switches: readonly KillSwitch[] = $derived(this.current?.killSwitches ?? []);
  /** Those that this trader has set, and can lift. */
  own: readonly KillSwitch[] = $derived(this.switches.filter(({ by }) => by === 'trader'));
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
  async stopTrading(
    scope: 'simulator' | 'account',
    reason: string,
    cancelOpenOrders: boolean,
  ): Promise<void> {
    await this.#set(scope, { engaged: true, reason, cancelOpenOrders });
  }

  /** All that this trader has set. @throws ApiError */
  async liftSwitches(): Promise<void> {
    for (const { scope } of this.own)
      if (scope !== 'global') await this.#set(scope, { engaged: false });
  }

  async #set(scope: 'simulator' | 'account', body: KillSwitchRequest): Promise<void> {
    // What a switch of the account does here comes with the stream.
    if (scope === 'account') await this.#api.put('/kill-switch', body);
    else this.load(await this.#api.put<RiskView>(`${this.#path}/kill-switch`, body));
  }
}
