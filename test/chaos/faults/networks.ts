/** Networks that lose, delay and cut, between workers and NATS and between screens and doors. */
import { setTimeout as sleep } from 'node:timers/promises';
import { FAIR, type FaultProxy, type Weather } from '../clients/fault-proxy.ts';
import type { Stage } from '../stage.ts';
import type { ChaosSystem } from '../system.ts';
import type { Row } from './row.ts';

const PARTITION_MS = 6_000;
const ANSWERS_LOST_MS = 3_000;
const LATE_MS = 8_000;
/** Longer than a lease: the fence is all that is left. */
const LATE_APPENDS: Partial<Weather> = { delayMs: 5_000, delayed: 'toServer' };
const LATE_FOR_MS = 6_000;
/** Shorter than NATS takes to give the connection up. */
const CUT_OFF_MS = 4_000;
const CUTS = 20;
const THOUSANDS = 10_000;
const NARROW_MS = 10_000;
/** Silence is noticed after 12 s. */
const HALF_OPEN_MS = 14_000;
/** Two streams that nobody answers, and the way over. */
const SWALLOWED_MS = 18_000;

/** So long is waited for a worker to write something, and for what is late to arrive. */
const UNDER_WAY_MAX_MS = 4_000;
const ARRIVED_MAX_MS = 12_000;
const APPEND = 'PUB sandpit.v1.evt.';

/** Late or held, a record is on its way from the worker to the log. */
export async function untilAppendUnderWay(network: FaultProxy): Promise<void> {
  const deadline = performance.now() + UNDER_WAY_MAX_MS;
  while (!network.isCarrying(APPEND) && performance.now() < deadline) await sleep(5);
}

export async function untilArrived(network: FaultProxy): Promise<void> {
  const deadline = performance.now() + ARRIVED_MAX_MS;
  while (network.isCarrying(APPEND) && performance.now() < deadline) await sleep(50);
}

/**
 * As `onWorker`, but loses nothing: what the worker writes, the log gets when another has taken over.
 *
 * @param before  Until it has written something.
 */
async function onWriter(
  stage: Stage,
  before: Partial<Weather>,
  weather: Partial<Weather>,
  forMs: number,
): Promise<undefined> {
  const network = stage.system.workerNetworks.get((await stage.owner()).name)!;
  network.weather = { ...FAIR, ...before };
  await untilAppendUnderWay(network);
  network.weather = { ...FAIR, ...weather };
  await sleep(forMs);
  network.weather = { ...FAIR };
  await untilArrived(network);
  return undefined;
}

/** The weather of one worker's network, for a time. */
async function onWorker(
  stage: Stage,
  weather: Partial<Weather>,
  forMs: number,
): Promise<undefined> {
  const network = stage.system.workerNetworks.get((await stage.owner()).name)!;
  network.weather = { ...FAIR, ...weather };
  await sleep(forMs);
  network.weather = { ...FAIR };
  // Bytes are missing in the middle: no protocol goes on from there.
  if (weather.blackhole) network.cut('reset');
  return undefined;
}

const oneServerOnly = ({ workerNetworks }: ChaosSystem) =>
  workerNetworks.size > 0 ? null : 'needs one nats-server, which workers reach through a proxy';

/** Every open stream, now and again at a random moment: in the middle of a frame, too. */
async function cutStreams({ system, random }: Stage): Promise<number> {
  let cuts = 0;
  for (let i = 0; i < CUTS; i++) {
    await sleep(100 + 400 * random());
    cuts += system.streamNetwork.cut(random() < 0.5 ? 'reset' : 'end');
  }
  return cuts;
}

/** So many that one in ten thousand would show. */
async function cutThousands({ system, random }: Stage): Promise<number> {
  let cuts = 0;
  while (cuts < THOUSANDS) {
    await sleep(100 * random());
    cuts += system.streamNetwork.cut(random() < 0.5 ? 'reset' : 'end', 0.3);
  }
  return cuts;
}

export const networkRows: Row[] = [
  {
    name: 'answers-lost',
    matrix: '5',
    title: 'answers of NATS to a worker are lost',
    everyMs: 3_000,
    injections: 1,
    gapMaxMs: 15_000,
    unavailable: oneServerOnly,
    inject: (stage) => onWorker(stage, { blackhole: 'toClient' }, ANSWERS_LOST_MS),
  },
  {
    name: 'partition',
    matrix: '11',
    title: 'a worker is cut off from NATS',
    everyMs: 3_000,
    injections: 1,
    gapMaxMs: 15_000,
    unavailable: oneServerOnly,
    inject: (stage) => onWorker(stage, { blackhole: 'both' }, PARTITION_MS),
  },
  {
    name: 'one-way',
    matrix: '12',
    title: 'NATS hears nothing of a worker that hears it',
    everyMs: 3_000,
    injections: 1,
    gapMaxMs: 15_000,
    unavailable: oneServerOnly,
    inject: (stage) => onWorker(stage, { blackhole: 'toServer' }, PARTITION_MS),
  },
  {
    name: 'late-append',
    matrix: '2, 11',
    title: 'what a worker writes arrives when another has taken over',
    everyMs: 4_000,
    injections: 2,
    gapMaxMs: 20_000,
    unavailable: oneServerOnly,
    provesFence: true,
    inject: (stage) => onWriter(stage, LATE_APPENDS, LATE_APPENDS, LATE_FOR_MS),
  },
  {
    name: 'worker-cut-off',
    matrix: '11',
    title: 'a worker is cut off, and what it has sent arrives afterwards',
    everyMs: 4_000,
    injections: 2,
    gapMaxMs: 15_000,
    unavailable: oneServerOnly,
    provesFence: true,
    inject: (stage) => onWriter(stage, { held: 'toServer' }, { held: 'both' }, CUT_OFF_MS),
  },
  {
    name: 'latency',
    matrix: '13',
    title: 'a worker is 200 ms away from NATS',
    everyMs: 2_000,
    injections: 1,
    gapMaxMs: 15_000,
    unavailable: oneServerOnly,
    inject: (stage) => onWorker(stage, { delayMs: 200 }, LATE_MS),
  },
  {
    name: 'stream-cut',
    matrix: '16',
    title: 'streams are cut at any byte',
    everyMs: 200,
    injections: 1,
    gapMaxMs: 5_000,
    resumeMaxMs: 4_000,
    inject: cutStreams,
  },
  {
    name: 'resume',
    matrix: '16',
    title: 'ten thousand cuts of streams at any byte',
    everyMs: 200,
    injections: 1,
    gapMaxMs: 5_000,
    resumeMaxMs: 2_000,
    streamsPerTrader: 8,
    isLong: true,
    inject: cutThousands,
  },
  {
    name: 'stream-half-open',
    matrix: '16',
    title: 'streams go silent and stay open',
    everyMs: 1_000,
    injections: 1,
    gapMaxMs: 5_000,
    async inject({ system }) {
      const { streamNetwork } = system;
      const cuts = streamNetwork.connections;
      streamNetwork.weather = { ...FAIR, blackhole: 'toClient' };
      await sleep(HALF_OPEN_MS);
      streamNetwork.weather = { ...FAIR };
      streamNetwork.cut('reset');
      return cuts;
    },
  },
  {
    name: 'stream-swallowed',
    matrix: '16',
    title: 'no event stream gets through: screens go over to the WebSocket',
    everyMs: 500,
    injections: 1,
    gapMaxMs: 10_000,
    async inject({ system }) {
      const { streamNetwork } = system;
      streamNetwork.weather = { ...FAIR, streamsSwallowed: true };
      const cuts = streamNetwork.cut('reset');
      await sleep(SWALLOWED_MS);
      streamNetwork.weather = { ...FAIR };
      return cuts;
    },
    verify: ({ desks }) =>
      desks.flatMap(({ streams }, trader) =>
        streams.flatMap(({ channel }, tab) =>
          channel === 'socket' ? [] : `trader ${trader + 1}, tab ${tab + 1} is still on ${channel}`,
        ),
      ),
  },
  {
    name: 'slow-reader',
    matrix: '14',
    title: 'screens on a line of 16 kB/s',
    everyMs: 500,
    injections: 1,
    gapMaxMs: 5_000,
    async inject({ system }) {
      const { streamNetwork } = system;
      streamNetwork.weather = { ...FAIR, bytesPerSecond: 16_384 };
      await sleep(NARROW_MS);
      streamNetwork.weather = { ...FAIR };
      return streamNetwork.connections;
    },
  },
];
