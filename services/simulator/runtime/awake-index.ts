/**
 * Which simulators of a shard are awake: key `awake.<shard>` of the bucket LEASES. A new owner loads
 * these and no others, so simulators that sleep or have ended cost a takeover nothing, however many
 * there are.
 *
 * A simulator is put on the list before its first owner record and taken off after the record that
 * ended it or put it away: the list may name one too many, which its log tells, but never one too few.
 * Each list names its owner's epoch, and an owner of an earlier one changes nothing any more.
 */
import { type Bucket, BusError } from '@sandpit/bus/bus.ts';
import { type SimulatorAddress, shardOf } from '@sandpit/bus/subjects.ts';
import type { Host } from './host.ts';
import { NotOwnedError } from './not-owned.ts';

const TRIES = 6;
const RETRY_MS = 40;

interface StoredList {
  epoch: number;
  /** Simulator id -> account id. */
  awake: Record<string, string>;
}

interface ShardList {
  epoch: number;
  awake: Map<string, string>;
  /** 0 = the key has never been written. */
  revision: number;
  /** What stands there may be something else: it is read before it is changed. */
  isStale: boolean;
  /** It stands there in our name, so that no earlier owner can change it any more. */
  isOurs: boolean;
  /** Changes of a shard wait for each other. */
  tail: Promise<unknown>;
}

type Change = (awake: Map<string, string>) => boolean;

const keyOf = (shard: number) => `awake.${shard}`;

export class AwakeIndex {
  readonly #bucket: Bucket;
  readonly #host: Host;
  readonly #lists = new Map<number, ShardList>();

  constructor(bucket: Bucket, host: Host) {
    this.#bucket = bucket;
    this.#host = host;
  }

  /**
   * Takes the list over: earlier owners cannot change it once it is written in our name, which every
   * change of ours waits for. Those that it names are awake already and wait for nothing.
   *
   * @returns what it names; null when there was none, so that nobody knows.
   * @throws NotOwnedError, BusError
   */
  async take(shard: number, epoch: number): Promise<SimulatorAddress[] | null> {
    const tail = Promise.resolve();
    const unread = { awake: new Map(), revision: 0, isStale: true, isOurs: false };
    const list: ShardList = { epoch, ...unread, tail };
    await this.#read(shard, list);
    const isKnown = list.revision > 0;
    const found = addressesOf(list);
    this.#lists.set(shard, list);
    // Should it fail, the next change is written in our name.
    list.tail = this.#change(shard, list, () => false).catch(() => undefined);
    return isKnown ? found : null;
  }

  /** @throws NotOwnedError when the shard is not ours; BusError: it may or may not be on the list. */
  add({ simulatorId, accountId }: SimulatorAddress): Promise<void> {
    return this.#queue(shardOf(simulatorId), (awake) => {
      if (awake.has(simulatorId)) return false;
      awake.set(simulatorId, accountId);
      return true;
    });
  }

  /**
   * As `add`, but believes nothing that this process remembers: whoever wakes a simulator must know that
   * no later owner has put it away and taken it off, or nobody would run it in the end.
   *
   * @throws as `add`; NotOwnedError also when a later owner has the list.
   */
  confirm(address: SimulatorAddress): Promise<void> {
    const list = this.#lists.get(shardOf(address.simulatorId));
    void list?.tail.then(() => {
      list.isStale = true;
    });
    return this.add(address);
  }

  /** @throws as `add` */
  remove({ simulatorId }: SimulatorAddress): Promise<void> {
    return this.#queue(shardOf(simulatorId), (awake) => awake.delete(simulatorId));
  }

  forget(shard: number): void {
    this.#lists.delete(shard);
  }

  #queue(shard: number, change: Change): Promise<void> {
    const list = this.#lists.get(shard);
    if (!list) return Promise.reject(new NotOwnedError('Its shard has not been looked at yet.'));
    const done = list.tail.then(() => this.#change(shard, list, change));
    list.tail = done.catch(() => undefined);
    return done;
  }

  async #change(shard: number, list: ShardList, change: Change): Promise<void> {
    let refused: unknown;
    for (let tried = 0; tried < TRIES; tried++) {
      if (this.#lists.get(shard) !== list) throw new NotOwnedError('The shard was given up.');
      try {
        if (list.isStale) await this.#read(shard, list);
        if (change(list.awake) || !list.isOurs) await this.#write(shard, list);
        return;
      } catch (error) {
        list.isStale = true;
        if (!(error instanceof BusError)) throw error;
        refused = error;
      }
      await this.#host.sleep(RETRY_MS * (0.5 + this.#host.random()) * 2 ** tried);
    }
    throw refused;
  }

  /** What stands there now. After an answer that was lost it may hold our own change already. */
  async #read(shard: number, list: ShardList): Promise<void> {
    const entry = await this.#bucket.get(keyOf(shard));
    const { epoch, awake } = entry ? decode(entry.value) : { epoch: 0, awake: {} };
    if (epoch > list.epoch) throw new NotOwnedError('A later owner has taken the shard.');
    list.awake = new Map(Object.entries(awake));
    list.revision = entry?.revision ?? 0;
    list.isStale = false;
    list.isOurs = entry !== null && epoch === list.epoch;
  }

  async #write(shard: number, list: ShardList): Promise<void> {
    const { epoch, awake, revision } = list;
    const value = new TextEncoder().encode(
      JSON.stringify({ epoch, awake: Object.fromEntries(awake) } satisfies StoredList),
    );
    list.revision =
      revision === 0
        ? await this.#bucket.create(keyOf(shard), value)
        : await this.#bucket.update(keyOf(shard), value, revision);
    list.isOurs = true;
  }
}

const decode = (value: Uint8Array) => JSON.parse(new TextDecoder().decode(value)) as StoredList;

const addressesOf = ({ awake }: ShardList): SimulatorAddress[] =>
  [...awake].map(([simulatorId, accountId]) => ({ accountId, simulatorId }));
