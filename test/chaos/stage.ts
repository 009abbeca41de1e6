/** One row's world: traders with new simulators, their orders and their screens, and what came of it. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { SimulatorAddress } from '@sandpit/bus/subjects.ts';
import type { CancelOnDisconnectRequest, Simulator } from '@sandpit/schemas/http.ts';
import type { Member } from '../../scripts/cluster/member.ts';
import { pick, type Random, seeded } from '../../services/simulator/simulation/workload.ts';
import type { Answer, Trader } from '../support/trader.ts';
import { archiveOf } from './archive.ts';
import type { GuardWatch, SimulatorHistory } from './checker/history.ts';
import { OrderFlow } from './clients/order-flow.ts';
import { StreamClient } from './clients/stream-client.ts';
import type { ChaosSystem } from './system.ts';
import type { Witness } from './witness.ts';

const SCENARIO = 'synthetic-day';
const CALM_MAX_MS = 45_000;
const PATIENT_ATTEMPTS = 10;
/** Below the market, so that it rests. */
const RESTING_SHARE = 0.97;
/** Set for every trader of every row: whoever is there must never be taken for gone. */
const WATCHED: GuardChoice = { cause: 'disconnect', keepGtc: true, graceSeconds: 10 };

export interface Desk {
  trader: Trader;
  simulator: Simulator;
  address: SimulatorAddress;
  flow: OrderFlow;
  streams: StreamClient[];
  /** Last record when the market stood still. */
  headN: number;
  guard: GuardWatch | null;
}

export interface GuardChoice extends Pick<GuardWatch, 'cause' | 'keepGtc'> {
  graceSeconds: number;
}

export interface StageOptions {
  system: ChaosSystem;
  witness: Witness;
  traders: readonly Trader[];
  seed: number;
  /** Unique among the rows of a run. */
  name: string;
  /** Mean time between two requests of a trader. */
  orderEveryMs: number;
  streamsPerTrader: number;
}

export class Stage {
  readonly system: ChaosSystem;
  readonly random: Random;
  readonly desks: Desk[] = [];
  readonly #options: StageOptions;

  constructor(options: StageOptions) {
    this.#options = options;
    this.system = options.system;
    this.random = seeded(options.seed);
  }

  /** Simulators are started, screens are open, orders flow. */
  async open(): Promise<void> {
    const { traders } = this.#options;
    for (const [i, trader] of traders.entries()) this.desks.push(await this.#openDesk(trader, i));
    for (const { flow } of this.desks) flow.start();
  }

  /** Process of the worker that wrote last for one of the simulators; a random one before that. */
  async owner(): Promise<Member> {
    const { cluster } = this.system;
    const { address } = pick(this.desks, this.random);
    const head = await this.#options.witness.head(address).catch(() => null);
    const workers = cluster.names('worker').map((name) => cluster.member(name));
    const isOwner = ({ pid }: Member) => head?.worker.split('-').includes(`${pid}`);
    return workers.find(isOwner) ?? pick(workers, this.random);
  }

  /** What is to become of the trader's orders when he is gone. */
  async guard(desk: Desk, { cause, keepGtc, graceSeconds }: GuardChoice): Promise<void> {
    desk.guard = null;
    if (cause === 'disconnect') {
      const mode = keepGtc ? 'cancelExceptGtc' : 'cancel';
      await this.#setDisconnect(desk, { mode, graceSeconds });
    } else {
      await this.#setDisconnect(desk, { mode: 'off' });
      await this.#setDeadMan(desk, graceSeconds);
    }
    const graceMs = graceSeconds * 1_000;
    desk.guard = { cause, keepGtc, leftAtMs: null, graceMs, latestMs: Number.POSITIVE_INFINITY };
  }

  /** His orders are answered and his screens closed; with a dead-man timer only his program stands still. */
  async leave(desk: Desk): Promise<void> {
    const { flow, streams } = desk;
    const guard = desk.guard!;
    await flow.settle();
    guard.leftAtMs = Date.now();
    if (guard.cause === 'deadMan') await this.#setDeadMan(desk, guard.graceMs / 1_000);
    else await Promise.all(streams.map((stream) => stream.stop()));
  }

  comeBack({ flow, streams, guard }: Desk): void {
    if (guard?.cause === 'disconnect') for (const stream of streams) stream.start();
    flow.start();
  }

  async hasFired({ address }: Desk): Promise<boolean> {
    const records = await this.#options.witness.records(address).catch(() => []);
    return records.some(({ body: { commands } }) =>
      commands.some(
        ({ command: { body } }) => body.type === 'cancelAll' && body.cause !== undefined,
      ),
    );
  }

  #setDisconnect({ trader, simulator }: Desk, setting: CancelOnDisconnectRequest): Promise<void> {
    const body = { cancelOnDisconnect: setting };
    return untilDone(() => trader.call('PATCH', `/sessions/${simulator.sessionId}`, body));
  }

  #setDeadMan({ trader, simulator }: Desk, timeoutSeconds: number): Promise<void> {
    const body = { timeoutSeconds };
    return untilDone(() => trader.call('PUT', `/simulators/${simulator.id}/dead-man`, body));
  }

  /**
   * No new orders; all that were sent are answered, the markets stand still, and every screen has had
   * the time to show the end of the log.
   */
  async settle(): Promise<void> {
    await Promise.all(this.desks.map(({ flow }) => flow.settle()));
    await Promise.all(this.desks.map((desk) => this.#calm(desk)));
  }

  /** What the row left behind; its screens are closed and its simulators stopped. */
  async collect(): Promise<SimulatorHistory[]> {
    const histories: SimulatorHistory[] = [];
    for (const desk of this.desks) {
      histories.push(await this.#historyOf(desk));
      const { trader, simulator, address } = desk;
      await patiently(() => trader.call('POST', `/simulators/${simulator.id}/stop`, {}));
      await patiently(() => trader.call('DELETE', `/sessions/${simulator.sessionId}`));
      this.#options.witness.forget(address);
    }
    return histories;
  }

  async #calm(desk: Desk): Promise<void> {
    const { trader, simulator, address, streams } = desk;
    const deadline = performance.now() + CALM_MAX_MS;
    const inTime = () => performance.now() < deadline;
    const paused = () =>
      trader.call('POST', `/simulators/${simulator.id}/pause`, {}).catch(() => null);
    while (inTime() && (await paused())?.status !== 200) await sleep(250);
    desk.headN = (await this.#options.witness.head(address))?.n ?? 0;
    while (inTime() && streams.some(({ n }) => n < desk.headN)) await sleep(50);
  }

  async #openDesk(trader: Trader, index: number): Promise<Desk> {
    const { system, seed, name, orderEveryMs } = this.#options;
    // The row before may have left the system breathless.
    const simulator = await patiently(() => trader.startSimulator(SCENARIO, seed + index));
    const { bids } = await patiently(() => trader.book(simulator.id, simulator.symbols[0]!));
    const restingPrice = (Number(bids[0]!.price) * RESTING_SHARE).toFixed(2);
    const random = seeded(seed * 31 + index);
    const flow = new OrderFlow({
      trader,
      simulator,
      everyMs: orderEveryMs,
      restingPrice,
      random,
      prefix: `${name}-${index}`,
    });
    const path = `/api/v1/simulators/${simulator.id}`;
    const streams = Array.from(
      { length: this.#options.streamsPerTrader },
      (_, tab) =>
        new StreamClient({
          client: `trader ${index + 1}, tab ${tab + 1}`,
          // One of two on each channel; the first of a trader falls back where no stream gets through.
          channel: tab % 2 === 0 ? 'sse' : 'socket',
          simulator: () => `http://127.0.0.1:${system.streamNetwork.port}${path}`,
          token: () => trader.freshToken(),
          random,
        }),
    );
    for (const stream of streams) stream.start();
    const address = { accountId: trader.accountId, simulatorId: simulator.id };
    const desk: Desk = { trader, simulator, address, flow, streams, headN: 0, guard: null };
    await this.guard(desk, WATCHED);
    return desk;
  }

  async #historyOf(desk: Desk): Promise<SimulatorHistory> {
    const { address, flow, streams, headN, guard } = desk;
    const { witness, system } = this.#options;
    // What is looked at now takes longer than anybody may be away.
    await this.#setDisconnect(desk, { mode: 'off' });
    await this.#setDeadMan(desk, 0);
    for (const stream of streams) await stream.stop();
    const archive = await archiveOf(system.home, address.simulatorId, headN);
    // After the archive: the log may only be ahead of it.
    const records = await witness.records(address);
    // One may have been stored since.
    const snapshotsUpTo = async (n: number) =>
      (await witness.snapshots(address)).filter((snapshot) => snapshot.n <= n);
    return {
      address,
      commands: await witness.commands(address),
      heard: witness.heard(address),
      sent: flow.sent,
      records,
      answers: flow.answers,
      clients: streams.map((stream) => stream.recording(headN)),
      archive,
      scenario: await witness.scenario(records),
      snapshots: await snapshotsUpTo(records.at(-1)?.body.n ?? 0),
      guard,
    };
  }
}

/** Asked until it is answered with success. @throws Error that shows the last answer. */
async function untilDone(ask: () => Promise<Answer<unknown>>): Promise<void> {
  await patiently(async () => {
    const answer = await ask();
    if (answer.status >= 300) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`);
  });
}

/** @throws Error of the last attempt. */
async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  for (let left = PATIENT_ATTEMPTS; ; left--) {
    try {
      return await ask();
    } catch (error) {
      if (left === 0) throw error;
      await sleep(1_000);
    }
  }
}
