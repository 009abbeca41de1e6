import type { AccountView, ExecutionView, OrderView, Simulator } from '@sandpit/schemas/http.ts';
import type { Api } from '../client/api.ts';
import { messageOf } from '../client/api-error.ts';
import { allPages, PAGE_ROWS, type Page } from '../client/pages.ts';

const MAX_ROWS = 5_000;

/** What remains of a stopped simulator: the account as it ended, every order, every fill. */
export class Statement {
  view = $state.raw<Simulator | null>(null);
  account = $state.raw<AccountView | null>(null);
  /** Newest first, as are the executions. */
  orders = $state.raw<readonly OrderView[]>([]);
  executions = $state.raw<readonly ExecutionView[]>([]);
  error = $state('');
  isLoaded = $state(false);
  readonly #api: Api;
  readonly #path: string;

  constructor(api: Api, simulatorId: string) {
    this.#api = api;
    this.#path = `/simulators/${simulatorId}`;
  }

  async load(): Promise<void> {
    this.error = '';
    try {
      const [view, account, orders, executions] = await Promise.all([
        this.#api.get<Simulator>(this.#path),
        this.#api.get<AccountView>(`${this.#path}/account`),
        this.#all<OrderView>('orders'),
        this.#all<ExecutionView>('executions'),
      ]);
      this.view = view;
      this.account = account;
      this.orders = orders.toReversed();
      this.executions = executions.toReversed();
      this.isLoaded = true;
    } catch (error) {
      this.error = messageOf(error);
    }
  }

  #all<T>(name: 'orders' | 'executions'): Promise<T[]> {
    const path = `${this.#path}/history/${name}?limit=${PAGE_ROWS}&since=`;
    return allPages((since) => this.#api.get<Page<T>>(`${path}${since}`), MAX_ROWS);
  }
}
