/** One seeded run: a workload, faults, calm at the end, and the stored history for the auditor. */
import type { FenceCause } from '@sandpit/bus/append.ts';
import type { SimulatorAddress } from '@sandpit/bus/subjects.ts';
import type { Command } from '@sandpit/schemas/command.ts';
import type { CrashPoint } from '../runtime/crash-points.ts';
import type { Log } from '../runtime/host.ts';
import type { VenueFactory } from '../runtime/recovery.ts';
import { audit, type Breach, type History } from './auditor.ts';
import { awakeFaults } from './awake-law.ts';
import { auditReplay } from './replay-law.ts';
import { pick, type Random, seeded, Workload, type WorkloadOptions } from './workload.ts';
import { World } from './world.ts';

export interface FaultRates {
  /** Per named step of the commit path: the worker dies there. */
  crash: number;
  /** Per publish of any kind: lost, stored without an answer, or late. */
  publish: number;
  /** Per delivery: lost or doubled. */
  deliver: number;
  /** Per command sent: a worker is suspended, cut off, or the server restarts. */
  disturb: number;
  /** Per command sent: one of the simulators is put away, whoever may need it. */
  putAway: number;
}

export const CALM: FaultRates = { crash: 0, publish: 0, deliver: 0, disturb: 0, putAway: 0 };
export const STORMY: FaultRates = {
  crash: 0.01,
  publish: 0.03,
  deliver: 0.03,
  disturb: 0.08,
  putAway: 0.1,
};

export interface SimulateOptions {
  seed: number;
  commands: number;
  rates: FaultRates;
  venues: (kill: () => void) => VenueFactory;
  workload: Omit<WorkloadOptions, 'seed'>;
  workers?: number;
  leasesIgnored?: boolean;
  /** See World. */
  fenceIgnored?: boolean;
  /** One step of the commit path at which workers die more often than at the others. */
  crashAt?: { point: CrashPoint; rate: number };
  log?: Log;
}

export interface Run {
  addresses: SimulatorAddress[];
  histories: History[];
  breaches: Breach[];
  /** Simulators that should be awake, and are not on the list or run nowhere. */
  forgotten: string[];
  /** Commands that never got a record although everything was calm for long. */
  undecided: number;
  deaths: ReadonlyMap<CrashPoint, number>;
  reached: ReadonlyMap<CrashPoint, number>;
  /** Records that the log did not take, by why. */
  fenced: ReadonlyMap<FenceCause, number>;
  workersBorn: number;
}

/** Long enough for any backoff, lease, redelivery and retry to come to its end. */
const CALM_MS = 60_000;
const DUPLICATE_RATIO = 0.1;
const FORGED_RATIO = 0.03;

export async function simulate(options: SimulateOptions): Promise<Run> {
  const random = seeded(options.seed);
  const rates = { ...options.rates };
  const world = createWorld(options, rates, random);
  const addresses = ['a1', 'a2', 'b1'].map((name) => ({
    accountId: name.slice(0, 1),
    simulatorId: `sim-${name}`,
  }));
  for (let i = 0; i < (options.workers ?? 2); i++) await world.spawn();
  await world.run(1_500);
  await trade(world, options, rates, random, addresses);
  Object.assign(rates, CALM);
  await settle(world);
  return report(world, options, addresses);
}

function createWorld(options: SimulateOptions, rates: FaultRates, random: Random): World {
  return new World({
    random,
    venues: options.venues,
    leasesIgnored: options.leasesIgnored ?? false,
    fenceIgnored: options.fenceIgnored ?? false,
    ...(options.log && { log: options.log }),
    diesAt: (point) => {
      const { crashAt } = options;
      const isCalm = rates.crash === 0;
      return random() < (!isCalm && crashAt?.point === point ? crashAt.rate : rates.crash);
    },
    faults: {
      publish: ({ connection }) => {
        if (connection === 'client' || random() >= rates.publish) return null;
        const dice = random();
        if (dice < 0.4) return { kind: 'answerLost' };
        if (dice < 0.7) return { kind: 'lost' };
        return { kind: 'delayed', delayMs: Math.floor(random() * 4_000) };
      },
      deliver: () => {
        if (random() >= rates.deliver) return null;
        return random() < 0.5 ? 'lost' : 'duplicate';
      },
    },
  });
}

async function trade(
  world: World,
  options: SimulateOptions,
  rates: FaultRates,
  random: Random,
  addresses: SimulatorAddress[],
): Promise<void> {
  const workload = new Workload(random, { ...options.workload, seed: options.seed });
  const sent: Command[] = [];
  const send = (command: Command) => {
    sent.push(command);
    void world.send(command);
  };
  for (const address of addresses) send(workload.start(address, world.nowMs));
  for (let i = 0; i < options.commands; i++) {
    await world.run(Math.floor(random() * 300));
    send(workload.next(pick(addresses, random), world.nowMs));
    if (random() < DUPLICATE_RATIO) void world.sendAgain(pick(sent, random));
    if (random() < FORGED_RATIO) {
      void world.send(workload.next(pick(addresses, random), world.nowMs), 'forged');
    }
    if (random() < rates.disturb) disturb(world, random);
    if (random() < rates.putAway) putAway(world, pick(addresses, random));
    while (world.alive.length < (options.workers ?? 2)) await world.spawn();
  }
}

function putAway(world: World, address: SimulatorAddress): void {
  for (const { worker } of world.alive) void worker.hibernate(address).catch(() => undefined);
}

function disturb(world: World, random: Random): void {
  const process = pick(world.alive, random);
  if (!process) return;
  const forMs = 100 + Math.floor(random() * 3_000);
  const dice = random();
  if (dice < 0.35) {
    process.gate.suspend();
    world.scheduler.after(forMs, () => process.gate.resume());
  } else if (dice < 0.7) {
    process.bus.setConnected(false);
    world.scheduler.after(forMs, () => process.bus.setConnected(true));
  } else if (dice < 0.85) {
    world.kill(process);
  } else {
    world.server.restart();
  }
}

async function settle(world: World): Promise<void> {
  if (world.alive.length === 0) await world.spawn();
  await world.run(CALM_MS);
}

async function report(
  world: World,
  options: SimulateOptions,
  addresses: SimulatorAddress[],
): Promise<Run> {
  const histories = await Promise.all(addresses.map((address) => world.collect(address)));
  const breaches: Breach[] = [];
  for (const [i, history] of histories.entries()) {
    breaches.push(...audit(history));
    const { scenarioHash } = options.workload;
    const address = addresses[i] as SimulatorAddress;
    breaches.push(
      ...(await auditReplay(
        world,
        address,
        scenarioHash,
        options.venues(() => {}),
      )),
    );
  }
  return {
    addresses,
    histories,
    breaches,
    forgotten: awakeFaults(world, histories, addresses),
    undecided: histories.reduce((count, history) => count + undecided(history), 0),
    deaths: world.deaths,
    reached: world.reached,
    fenced: world.fenced,
    workersBorn: world.processes.length,
  };
}

function undecided({ commands, unauthorised, records }: History): number {
  const decided = new Set(
    records.flatMap(({ body }) => body.commands.map(({ command }) => command.commandId)),
  );
  return commands.filter(
    ({ sequence, body }) => !unauthorised.has(sequence) && !decided.has(body.commandId),
  ).length;
}
