import type { LastFrame, LastKnownDesks } from '../client/last-known.ts';
import type { Simulator } from './simulator.svelte.ts';

const SAVE_EVERY_MS = 5_000;

export interface MemoryDesk {
  /** What is shown now; null before there is anything, and while it is not the venue's own word. */
  frame(): LastFrame | null;
  isLive(): boolean;
  /** Nothing is shown yet. */
  isEmpty(): boolean;
  show(frame: LastFrame): void;
}

/** Keeps what a desk knows for times without a network, and shows it until the venue speaks. */
export class Memory {
  /** What is shown is of that time, ms since the epoch; null when it is the venue's own word. */
  asOfMs = $state<number | null>(null);
  readonly #desks: LastKnownDesks;
  readonly #id: string;
  readonly #desk: MemoryDesk;
  #timer: ReturnType<typeof setInterval> | undefined;
  #stopped = false;

  constructor(desks: LastKnownDesks, id: string, desk: MemoryDesk) {
    this.#desks = desks;
    this.#id = id;
    this.#desk = desk;
  }

  start(): void {
    this.#timer = setInterval(() => {
      if (this.#desk.isLive()) this.save();
    }, SAVE_EVERY_MS);
    void this.#recall();
  }

  stop(): void {
    this.#stopped = true;
    clearInterval(this.#timer);
  }

  /** Of what is shown; null when it is the venue's own word. */
  get ageMs(): number | null {
    return this.asOfMs === null ? null : Date.now() - this.asOfMs;
  }

  /** The venue has spoken. */
  settle(): void {
    this.asOfMs = null;
  }

  /** @param ageMs  Of the newest of it. */
  save(ageMs = 0): void {
    const frame = this.asOfMs === null ? this.#desk.frame() : null;
    if (frame) void this.#desks.save(this.#id, { asOfMs: Date.now() - ageMs, frame });
  }

  async #recall(): Promise<void> {
    const known = await this.#desks.load(this.#id);
    if (!known || this.#stopped || !this.#desk.isEmpty()) return;
    this.asOfMs = known.asOfMs;
    this.#desk.show(known.frame);
  }
}

type Parts = Pick<Simulator, 'view' | 'clock' | 'market' | 'account' | 'orders' | 'risk'>;

/** What a desk shows, as a snapshot would bring it; null before there was one. */
export function lastFrameOf({
  view,
  clock,
  market,
  account,
  orders,
  risk,
}: Parts): LastFrame | null {
  if (!view || !clock || !account.state) return null;
  return {
    simulator: view,
    clock,
    ...market.state,
    ...account.state,
    ...orders.confirmed,
    ...(risk.current && { risk: risk.current }),
  };
}
