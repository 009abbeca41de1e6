/** A whole system in one process on virtual time: server, workers that die, and the client's side. */
import type { FenceCause } from '@sandpit/bus/append.ts';
import { BusError, type StoredMessage } from '@sandpit/bus/bus.ts';
import { HEADERS } from '@sandpit/bus/headers.ts';
import { MemoryBus } from '@sandpit/bus/memory-bus.ts';
import { VirtualScheduler } from '@sandpit/bus/memory-scheduler.ts';
import { type Faults, MemoryServer } from '@sandpit/bus/memory-server.ts';
import {
  parseSubject,
  SHARD_COUNT,
  type SimulatorAddress,
  subjects,
} from '@sandpit/bus/subjects.ts';
import type { Command } from '@sandpit/schemas/command.ts';
import type { EventRecord } from '@sandpit/schemas/record.ts';
import { OPERATOR_USER_ID } from '../../platform/tokens.ts';
import type { Admission } from '../runtime/admission.ts';
import { Attempts } from '../runtime/attempts.ts';
import { Authority } from '../runtime/authority.ts';
import type { CrashPoint } from '../runtime/crash-points.ts';
import { DEFAULT_LIMITS, type RuntimeLimits } from '../runtime/dependencies.ts';
import { type Log, silentLog } from '../runtime/host.ts';
import { type LeaseHandlers, Leases } from '../runtime/leases.ts';
import type { VenueFactory } from '../runtime/recovery.ts';
import { type Codec, SnapshotStore } from '../runtime/snapshots.ts';
import { type LeaseKeeper, SimulatorWorker } from '../runtime/worker.ts';
import type { History } from './auditor.ts';
import { Gate, ProcessBus, ProcessDied, virtualHost } from './process.ts';
import type { Random } from './workload.ts';

const START_MS = Date.UTC(2026, 10, 21, 9);
const LATENCY_MS = 1;

export interface WorldOptions {
  random: Random;
  venues: (kill: () => void) => VenueFactory;
  /** Called at every named step of every worker; true = the process ends there. */
  diesAt?: (point: CrashPoint, worker: string) => boolean;
  faults?: Faults;
  limits?: Partial<RuntimeLimits>;
  /** Default: everybody may wake, and nothing has been switched off. */
  admission?: Admission;
  /** Every worker believes that it owns everything: only the log keeps them apart. */
  leasesIgnored?: boolean;
  /** The log takes every record, whatever stands there: laws break, or they prove nothing. */
  fenceIgnored?: boolean;
  log?: Log;
}

export interface WorkerProcess {
  name: string;
  gate: Gate;
  bus: ProcessBus;
  worker: SimulatorWorker;
}

/** No compression: the simulation's promises must not wait for threads. */
const plainCodec: Codec = {
  pack: (bytes) => Promise.resolve(bytes),
  unpack: (bytes) => Promise.resolve(bytes),
};

export const TOKEN_OF = (accountId: string) => `token-of-${accountId}`;
/** The operator's, speaking for an account. */
export const OPERATOR_TOKEN_OF = (accountId: string) => `operator-of-${accountId}`;

export class World {
  readonly scheduler = new VirtualScheduler(START_MS);
  readonly server: MemoryServer;
  readonly processes: WorkerProcess[] = [];
  readonly reached = new Map<CrashPoint, number>();
  readonly deaths = new Map<CrashPoint, number>();
  /** Records that were not stored, by why. */
  readonly fenced = new Map<FenceCause, number>();
  readonly #options: WorldOptions;
  readonly #client: MemoryBus;
  readonly #histories = new Map<string, History & { unauthorised: Set<number> }>();
  #born = 0;

  constructor(options: WorldOptions) {
    this.#options = options;
    this.server = new MemoryServer({
      scheduler: this.scheduler,
      ...(options.faults && { faults: options.faults }),
    });
    this.#client = new MemoryBus(this.server, { name: 'client', latencyMs: LATENCY_MS });
    this.#client.follow(subjects.all('live'), ({ subject, headers, body }) => {
      const record = body as EventRecord;
      const sequence = Number(headers['Nats-Sequence']);
      const { told } = this.history(parseSubject(subject)!);
      for (const { command } of record.commands) {
        told.push({ commandId: command.commandId, sequence });
      }
    });
  }

  get nowMs(): number {
    return this.scheduler.nowMs();
  }

  get alive(): WorkerProcess[] {
    return this.processes.filter(({ gate }) => !gate.dead);
  }

  history({ simulatorId }: SimulatorAddress): History & { unauthorised: Set<number> } {
    let history = this.#histories.get(simulatorId);
    if (!history) {
      history = { commands: [], unauthorised: new Set(), records: [], told: [] };
      this.#histories.set(simulatorId, history);
    }
    return history;
  }

  /** @returns when `durationMs` of virtual time have passed. */
  run(durationMs: number): Promise<void> {
    return this.scheduler.advance(durationMs);
  }

  async spawn(): Promise<WorkerProcess> {
    this.#born += 1;
    const name = `w${this.#born}`;
    const gate = new Gate();
    const { fenceIgnored = false } = this.#options;
    const bus = new ProcessBus(this.server, name, LATENCY_MS, gate, fenceIgnored);
    const process = { name, gate, bus } as WorkerProcess;
    process.worker = await this.#worker(process);
    this.processes.push(process);
    void process.worker.start().catch(() => undefined);
    return process;
  }

  kill({ gate, bus }: WorkerProcess): void {
    gate.kill();
    void bus.abandon();
  }

  /**
   * Stores a command, repeating it under its own id until it is known to be stored.
   *
   * @returns its stream sequence.
   */
  async send(command: Command, token = TOKEN_OF(command.accountId)): Promise<number> {
    const address = { accountId: command.accountId, simulatorId: command.simulatorId };
    for (;;) {
      try {
        const { sequence, duplicate } = await this.#client.publish(
          subjects.command(address, command.body.type),
          command,
          {
            stream: 'COMMANDS',
            id: `${command.simulatorId}/${command.commandId}`,
            headers: { [HEADERS.authorization]: token },
          },
        );
        if (!duplicate || !this.#knows(address, sequence)) this.#note(address, sequence, token);
        return sequence;
      } catch (error) {
        if (!(error instanceof BusError)) throw error;
        await new Promise<void>((resolve) => this.scheduler.after(200, resolve));
      }
    }
  }

  /** Stores the same command once more, past the server's own de-duplication. */
  async sendAgain(command: Command): Promise<void> {
    const address = { accountId: command.accountId, simulatorId: command.simulatorId };
    const token = TOKEN_OF(command.accountId);
    const headers = { [HEADERS.authorization]: token };
    const subject = subjects.command(address, command.body.type);
    const published = await this.#client
      .publish(subject, command, { stream: 'COMMANDS', headers })
      .catch(() => null);
    if (published) this.#note(address, published.sequence, token);
  }

  /** The stored history of a simulator, as the auditor wants it. */
  async collect(address: SimulatorAddress): Promise<History> {
    const history = this.history(address);
    const messages = this.server.stream('EVENTS').from(subjects.event(address), 1);
    return { ...history, records: messages as StoredMessage<EventRecord>[] };
  }

  #knows(address: SimulatorAddress, sequence: number): boolean {
    return this.history(address).commands.some((message) => message.sequence === sequence);
  }

  #note(address: SimulatorAddress, sequence: number, token: string): void {
    const stored = this.server
      .stream('COMMANDS')
      .from(subjects.commands(address), sequence)
      .find((message) => message.sequence === sequence);
    // Purged already: then it has a record, which the auditor will look for under its id.
    if (!stored) return;
    this.history(address).commands.push(stored as StoredMessage<Command>);
    const { accountId } = address;
    const isForOperators = (stored.body as Command).body.type === 'unhalt';
    if (token === OPERATOR_TOKEN_OF(accountId)) return;
    if (token === TOKEN_OF(accountId) && !isForOperators) return;
    this.history(address).unauthorised.add(sequence);
  }

  async #worker(process: WorkerProcess): Promise<SimulatorWorker> {
    const { random, venues, limits, log = silentLog } = this.#options;
    const { admission = async () => ({ refusal: null, switches: [] }) } = this.#options;
    const host = virtualHost(this.scheduler, process.gate, random);
    const { bus, name } = process;
    const bucket = await bus.bucket('LEASES');
    const dependencies = {
      bucket,
      bus,
      host,
      log,
      workerId: name,
      venues: venues(() => this.#die(process)),
      snapshots: new SnapshotStore(bus, noOverflow, plainCodec),
      authority: new Authority({ verify: async (token) => principalOf(token) }),
      attempts: new Attempts(bucket),
      admission,
      limits: { ...DEFAULT_LIMITS, snapshotEveryRecords: 7, snapshotIdleMs: 3_000, ...limits },
      reach: (point: CrashPoint) => this.#reach(point, process),
      onFenced: (cause: FenceCause) => {
        this.fenced.set(cause, (this.fenced.get(cause) ?? 0) + 1);
      },
    };
    return new SimulatorWorker(dependencies, (handlers) =>
      this.#options.leasesIgnored
        ? everything(handlers)
        : new Leases(name, bucket, host, log, handlers),
    );
  }

  #reach(point: CrashPoint, process: WorkerProcess): void {
    this.reached.set(point, (this.reached.get(point) ?? 0) + 1);
    if (!this.#options.diesAt?.(point, process.name)) return;
    this.deaths.set(point, (this.deaths.get(point) ?? 0) + 1);
    this.#die(process);
  }

  #die(process: WorkerProcess): never {
    this.kill(process);
    throw new ProcessDied(process.name);
  }
}

const noOverflow = {
  put: () => Promise.reject(new Error('no overflow in the simulation')),
  get: () => Promise.resolve(null),
};

function principalOf(token: string | undefined): { accountId: string; userId: string } {
  const [, kind, accountId] = /^(token|operator)-of-(.+)$/.exec(token ?? '') ?? [];
  if (!kind || !accountId) throw Object.assign(new Error('No.'), { type: 'unauthenticated' });
  return { accountId, userId: kind === 'operator' ? OPERATOR_USER_ID : accountId };
}

/** The test hook that ignores leases. */
function everything({ onTaken }: LeaseHandlers): LeaseKeeper {
  const shards = Array.from({ length: SHARD_COUNT }, (_, shard) => shard);
  return {
    shards,
    owns: () => true,
    isFresh: true,
    start: async () => {
      for (const shard of shards) onTaken(shard, 1);
    },
    drain: async () => 0,
    stop: async () => {},
  };
}
