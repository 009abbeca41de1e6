/** Writes down COMMANDS while they pass, and reads what was stored once a row is over. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Bus, BusError } from '@sandpit/bus/bus.ts';
import { HEADERS } from '@sandpit/bus/headers.ts';
import { connectBus } from '@sandpit/bus/nats-bus.ts';
import { inboxPrefixOf } from '@sandpit/bus/security/permissions.ts';
import { type SimulatorAddress, subjects } from '@sandpit/bus/subjects.ts';
import type { Command } from '@sandpit/schemas/command.ts';
import type { EventRecord } from '@sandpit/schemas/record.ts';
import type { Scenario } from '@sandpit/schemas/scenario.ts';
import { scenarioOf } from '../../services/platform/venues.ts';
import { SnapshotStore } from '../../services/simulator/runtime/snapshots.ts';
import { environmentOf } from '../support/log.ts';
import type { Stored, StoredSnapshot } from './checker/history.ts';

/** Workers trim what a snapshot covers; until then there is time to read it. */
const LOOK_EVERY_MS = 300;

export class Witness {
  readonly #bus: Bus;
  readonly #heard = new Map<string, Command[]>();
  readonly #read = new Map<string, Map<number, Command>>();
  #readTo = 0;
  #isStopped = false;
  #looking: Promise<void>;

  private constructor(bus: Bus) {
    this.#bus = bus;
    bus.follow(subjects.all('cmd'), ({ body }) => {
      const command = body as Command;
      push(this.#heard, command.simulatorId, command);
    });
    this.#looking = this.#look();
  }

  /** With the worker's credentials: the only ones that hear commands and read them. */
  static async open(home: string): Promise<Witness> {
    const { servers, roles } = environmentOf(home);
    const bus = await connectBus({
      servers: servers.NATS_URL!.split(','),
      creds: readFileSync(roles.worker.NATS_CREDS!, 'utf8'),
      inboxPrefix: inboxPrefixOf('worker'),
      name: 'witness',
      onWarning: () => {},
    });
    return new Witness(bus);
  }

  heard({ simulatorId }: SimulatorAddress): Command[] {
    return this.#heard.get(simulatorId) ?? [];
  }

  async commands({ simulatorId }: SimulatorAddress): Promise<Stored<Command>[]> {
    await this.#lookOnce();
    const read = this.#read.get(simulatorId) ?? new Map<number, Command>();
    return [...read].map(([sequence, body]) => ({ sequence, body }));
  }

  async records(address: SimulatorAddress): Promise<Stored<EventRecord>[]> {
    const records: Stored<EventRecord>[] = [];
    const filter = subjects.event(address);
    for await (const { sequence, body, headers } of this.#bus.read('EVENTS', { filter, from: 1 })) {
      const before = headers[HEADERS.restored];
      const restored = before === undefined ? {} : { restoredFrom: Number(before) };
      records.push({ sequence, body: body as EventRecord, ...restored });
    }
    return records;
  }

  async head(address: SimulatorAddress): Promise<EventRecord | null> {
    const last = await this.#bus.last('EVENTS', subjects.event(address));
    return (last?.body as EventRecord | undefined) ?? null;
  }

  /** Those in the stream; one that was too large for it is left out. */
  async snapshots(address: SimulatorAddress): Promise<StoredSnapshot[]> {
    const nowhere = { put: () => Promise.reject(new Error('read only')), get: async () => null };
    const stored = await new SnapshotStore(this.#bus, nowhere).load(address);
    return stored.map(({ head, stateHash, state }) => ({ n: head.n, stateHash, state }));
  }

  async scenario(records: readonly Stored<EventRecord>[]): Promise<Scenario | null> {
    const bodies = records.flatMap(({ body }) => body.commands.map(({ command }) => command.body));
    const start = bodies.find(({ type }) => type === 'start');
    if (start?.type !== 'start') return null;
    return scenarioOf(await this.#bus.bucket('SCENARIOS'), start.scenarioHash);
  }

  /** What was written down of a simulator is of no use any more. */
  forget({ simulatorId }: SimulatorAddress): void {
    this.#heard.delete(simulatorId);
    this.#read.delete(simulatorId);
  }

  async close(): Promise<void> {
    this.#isStopped = true;
    await this.#looking;
    await this.#bus.close();
  }

  async #look(): Promise<void> {
    while (!this.#isStopped) {
      // A server that is down is what some rows are about.
      await this.#lookOnce().catch((error: unknown) => {
        if (!(error instanceof BusError)) throw error;
      });
      await sleep(LOOK_EVERY_MS);
    }
  }

  async #lookOnce(): Promise<void> {
    const filter = subjects.all('cmd');
    const from = this.#readTo + 1;
    for await (const { sequence, body } of this.#bus.read('COMMANDS', { filter, from })) {
      const command = body as Command;
      const own = this.#read.get(command.simulatorId) ?? new Map<number, Command>();
      this.#read.set(command.simulatorId, own.set(sequence, command));
      this.#readTo = Math.max(this.#readTo, sequence);
    }
  }
}

function push<Key, Value>(map: Map<Key, Value[]>, key: Key, value: Value): void {
  const values = map.get(key);
  if (values) values.push(value);
  else map.set(key, [value]);
}
