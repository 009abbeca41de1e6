/**
 * What a desk knew last, kept on the device so that it can be read without a network: greyed, with its
 * age. Never more than reading matter; trading waits for the venue.
 */
import type { SnapshotFrame } from '@sandpit/schemas/stream.ts';

export type LastFrame = Omit<SnapshotFrame, 'n' | 'sequence' | 'epoch'>;

export interface LastKnown {
  /** When the newest of it had arrived, ms since the epoch. */
  asOfMs: number;
  frame: LastFrame;
}

/** Text under names; may fail, may be emptied by the browser. */
export interface DeviceStore {
  get(name: string): Promise<string | null>;
  set(name: string, text: string): Promise<void>;
  delete(name: string): Promise<void>;
  names(): Promise<string[]>;
}

/** Another one is not read: what an app of another version has written may look different. */
const FORMAT = 1;
const DESKS_MAX = 5;
const KEPT_MS = 7 * 86_400_000;
/** The newest; the rest is for the venue to show. */
const ROWS_MAX = 200;

interface Kept extends LastKnown {
  format: number;
  owner: string;
}

export class LastKnownDesks {
  readonly #store: DeviceStore;
  readonly #now: () => number;
  readonly #owner: () => string | null;

  /**
   * @param now    Milliseconds since the epoch.
   * @param owner  Who is logged in on this device; null: nobody, so nothing is kept and nothing read.
   */
  constructor(store: DeviceStore, now: () => number, owner: () => string | null) {
    this.#store = store;
    this.#now = now;
    this.#owner = owner;
  }

  /** Best effort: without room on the device there is nothing to read later. */
  async save(simulatorId: string, { asOfMs, frame }: LastKnown): Promise<void> {
    const owner = this.#owner();
    if (owner === null) return;
    const { executions, recentOrders } = frame;
    const kept: Kept = {
      format: FORMAT,
      owner,
      asOfMs,
      frame: {
        ...frame,
        executions: executions.slice(0, ROWS_MAX),
        recentOrders: recentOrders.slice(0, ROWS_MAX),
      },
    };
    try {
      await this.#store.set(simulatorId, JSON.stringify(kept));
      await this.#tidy(simulatorId);
    } catch {
      // Full, or forbidden.
    }
  }

  /** Null when there is nothing, or nothing that can be read any more. */
  async load(simulatorId: string): Promise<LastKnown | null> {
    try {
      const { asOfMs, frame } = (await this.#read(simulatorId)) ?? {};
      return asOfMs === undefined || !frame ? null : { asOfMs, frame };
    } catch {
      return null;
    }
  }

  /** Somebody else, or nobody, is logged in: none of it is theirs. */
  async clear(): Promise<void> {
    try {
      for (const name of await this.#store.names()) await this.#store.delete(name);
    } catch {
      // What cannot be read cannot be deleted either.
    }
  }

  async #read(name: string): Promise<Kept | null> {
    const text = await this.#store.get(name);
    const kept = text === null ? null : (JSON.parse(text) as Kept);
    const ageMs = this.#now() - (kept?.asOfMs ?? 0);
    const isReadable = kept?.format === FORMAT && kept.owner === this.#owner();
    return isReadable && ageMs < KEPT_MS ? kept : null;
  }

  /** The newest few stay, that one among them. */
  async #tidy(saved: string): Promise<void> {
    const names = (await this.#store.names()).filter((name) => name !== saved);
    if (names.length < DESKS_MAX) return;
    const ages = await Promise.all(
      names.map(async (name) => ({
        name,
        asOfMs: (await this.#read(name).catch(() => null))?.asOfMs ?? 0,
      })),
    );
    const old = ages.toSorted((a, b) => b.asOfMs - a.asOfMs).slice(DESKS_MAX - 1);
    for (const { name } of old) await this.#store.delete(name);
  }
}
