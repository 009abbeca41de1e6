import type { AccountView, ExecutionView, PositionView } from '@sandpit/schemas/http.ts';
import { SvelteMap } from 'svelte/reactivity';
import type { LastFrame } from '../client/last-known.ts';
import {
  microsText,
  type Totals,
  totals,
  type Valued,
  valuePosition,
} from '../client/valuation.ts';
import type { Market } from './market.svelte.ts';

const MAX_EXECUTIONS = 2_000;

type AccountState = Pick<LastFrame, 'account' | 'positions' | 'executions'>;

export interface PositionRow extends PositionView {
  valued: Valued;
}

/** Money, positions and fills. Values follow the quotes between the records. */
export class Account {
  current = $state.raw<AccountView | null>(null);
  /** Newest first. */
  executions = $state.raw<readonly ExecutionView[]>([]);
  readonly #positions = new SvelteMap<string, PositionView>();
  readonly #market: Market;

  rows: PositionRow[] = $derived.by(() =>
    [...this.#positions.values()].map((position) => this.#rowOf(position)),
  );
  /** Positions that are not flat. */
  open: PositionRow[] = $derived(this.rows.filter(({ valued }) => valued.lots !== 0));
  totals: Totals | null = $derived(
    this.current === null
      ? null
      : totals(
          this.current,
          this.open.map(({ valued }) => valued),
        ),
  );

  constructor(market: Market) {
    this.#market = market;
  }

  lotsOf(symbol: string): number {
    return this.rows.find((row) => row.symbol === symbol)?.valued.lots ?? 0;
  }

  /** As `load` takes it; null before the first time. */
  get state(): AccountState | null {
    if (this.current === null) return null;
    const positions = [...this.#positions.values()];
    return { account: this.current, positions, executions: [...this.executions] };
  }

  load({ account, positions, executions }: AccountState): void {
    this.current = account;
    this.#positions.clear();
    for (const position of positions) this.#positions.set(position.symbol, position);
    this.#addExecutions(executions);
  }

  update(account: AccountView, positions: readonly PositionView[]): void {
    this.current = account;
    for (const position of positions) this.#positions.set(position.symbol, position);
  }

  addExecution(execution: ExecutionView): void {
    this.#addExecutions([execution]);
  }

  #addExecutions(executions: readonly ExecutionView[]): void {
    const byId = new Map(this.executions.map((known) => [known.executionId, known]));
    for (const execution of executions) byId.set(execution.executionId, execution);
    this.executions = [...byId.values()]
      .toSorted((a, b) => b.sequence - a.sequence || Number(b.executionId) - Number(a.executionId))
      .slice(0, MAX_EXECUTIONS);
  }

  #rowOf(position: PositionView): PositionRow {
    const instrument = this.#market.instrument(position.symbol);
    const quote = this.#market.quotes.get(position.symbol);
    // Without its instrument (never on a whole snapshot) it cannot be valued: take the wire's word.
    const grid = instrument ?? { tickSize: '0.01', lotSize: '1', tickValueMicros: 10_000 };
    return { ...position, valued: valuePosition(position, instrument && quote, grid) };
  }
}

export { microsText };
