/** Processes that are killed, frozen, held down, or restarted in good order. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Member } from '../../../scripts/cluster/member.ts';
import { pick } from '../../../services/simulator/simulation/workload.ts';
import { FAIR } from '../clients/fault-proxy.ts';
import type { Stage } from '../stage.ts';
import { untilAppendUnderWay, untilArrived } from './networks.ts';
import type { Row } from './row.ts';

/** Longer than a lease and the watch over it. */
const FROZEN_MS = 4_000;
const NATS_FROZEN_MS = 3_000;
const DOORS_DRAINED = 2;
/** Longer than every timeout on the way. */
const SERVER_DOWN_MS = 10_000;
const MINUTE_MS = 60_000;

export const one = ({ system, random }: Stage, kind: string): Member =>
  system.cluster.member(pick(system.cluster.names(kind), random));

async function kill(member: Member): Promise<undefined> {
  await member.restart('SIGKILL');
  return undefined;
}

async function drain(member: Member): Promise<undefined> {
  await member.restart('SIGTERM');
  return undefined;
}

async function freeze(member: Member, forMs: number): Promise<undefined> {
  member.signal('SIGSTOP');
  await sleep(forMs);
  member.signal('SIGCONT');
  return undefined;
}

/**
 * Hangs with a record on its way: the log gets it from a worker that is no owner any more. Where
 * nothing stands between workers and NATS it only hangs.
 */
async function freezeWriting(stage: Stage): Promise<undefined> {
  const member = await stage.owner();
  const network = stage.system.workerNetworks.get(member.name);
  if (!network) return freeze(member, FROZEN_MS);
  network.weather = { ...FAIR, held: 'toServer' };
  await untilAppendUnderWay(network);
  member.signal('SIGSTOP');
  await sleep(FROZEN_MS);
  network.weather = { ...FAIR };
  member.signal('SIGCONT');
  await untilArrived(network);
  return undefined;
}

/** Killed, and not there again before the time is over. */
export async function holdDown(member: Member, forMs: number): Promise<undefined> {
  member.hold();
  const back = member.back();
  member.signal('SIGKILL');
  await sleep(forMs);
  member.release();
  await back;
  return undefined;
}

/**
 * A door that leaves in good order is noticed by nobody: no request has to be sent again, screens are sent
 * away with a word, and let in elsewhere. The balancer may not have noticed yet when one comes back: it is
 * turned away once for each door that left, and no more.
 */
const unnoticed = ({ desks }: Stage): string[] =>
  desks.flatMap(({ flow, streams }) => [
    // A commit that took long on a busy machine is not the door's.
    ...flow.retried
      .filter((answer) => !answer.includes('outcomeUnknown'))
      .map((answer) => `a request had to be sent again: ${answer}`),
    ...streams.flatMap((stream) => {
      const { client, connections } = stream.recording(0);
      const ended = connections.slice(0, -1);
      const cut = ended.filter(({ frames }) => frames.at(-1)?.event !== 'goaway').length;
      return [
        ...(cut > 0 ? [`${client} was cut off ${cut} times without a goaway`] : []),
        ...(stream.refusals > DOORS_DRAINED
          ? [`${client} was turned away ${stream.refusals} times`]
          : []),
      ];
    }),
  ]);

/** One after the other, each only when the one before it is ready again. */
async function rollingRestart({ system: { cluster } }: Stage): Promise<number> {
  const names = ['worker', 'doors', 'nats', 'redis', 'postgres'].flatMap((kind) =>
    cluster.names(kind),
  );
  for (const name of names) {
    await cluster.member(name).restart(name === 'postgres' ? 'SIGINT' : 'SIGTERM');
    await sleep(1_000);
  }
  return names.length;
}

export const processRows: Row[] = [
  {
    name: 'worker-kill',
    matrix: '1',
    title: 'the worker that runs a market is killed',
    everyMs: 3_000,
    injections: 2,
    gapMaxMs: 10_000,
    inject: async (stage) => kill(await stage.owner()),
  },
  {
    name: 'worker-freeze',
    matrix: '2',
    title: 'the worker that runs a market hangs and comes back',
    everyMs: 3_000,
    injections: 2,
    gapMaxMs: 10_000,
    provesFence: true,
    inject: freezeWriting,
  },
  {
    name: 'worker-drain',
    matrix: '17',
    title: 'the worker that runs a market is stopped in good order',
    everyMs: 3_000,
    injections: 2,
    gapMaxMs: 5_000,
    inject: async (stage) => drain(await stage.owner()),
  },
  {
    name: 'doors-drain',
    matrix: '17',
    title: 'a door is stopped in good order',
    everyMs: 2_000,
    injections: DOORS_DRAINED,
    gapMaxMs: 5_000,
    inject: (stage) => drain(one(stage, 'doors')),
    verify: unnoticed,
  },
  {
    name: 'doors-kill',
    matrix: '17',
    title: 'a door is killed',
    everyMs: 2_000,
    injections: 2,
    gapMaxMs: 10_000,
    inject: (stage) => kill(one(stage, 'doors')),
  },
  {
    name: 'doors-freeze',
    matrix: '17',
    title: 'a door hangs and comes back',
    everyMs: 3_000,
    injections: 1,
    gapMaxMs: 15_000,
    inject: (stage) => freeze(one(stage, 'doors'), FROZEN_MS),
  },
  {
    name: 'nats-kill',
    matrix: '6, 8',
    title: 'a nats-server is killed',
    everyMs: 4_000,
    injections: 1,
    gapMaxMs: 20_000,
    inject: (stage) => kill(one(stage, 'nats')),
  },
  {
    name: 'nats-freeze',
    matrix: '7',
    title: 'a nats-server hangs and comes back',
    everyMs: 4_000,
    injections: 1,
    gapMaxMs: 20_000,
    inject: (stage) => freeze(one(stage, 'nats'), NATS_FROZEN_MS),
  },
  {
    name: 'rolling-restart',
    matrix: '17',
    title: 'every process is restarted in turn',
    everyMs: 1_000,
    injections: 1,
    gapMaxMs: 20_000,
    inject: rollingRestart,
  },
  {
    name: 'postgres-kill',
    matrix: '18',
    title: 'PostgreSQL is down for ten seconds',
    everyMs: 3_000,
    injections: 1,
    gapMaxMs: 5_000,
    inject: (stage) => holdDown(one(stage, 'postgres'), SERVER_DOWN_MS),
  },
  {
    name: 'postgres-freeze',
    matrix: '18',
    title: 'PostgreSQL hangs for ten seconds',
    everyMs: 3_000,
    injections: 1,
    gapMaxMs: 5_000,
    inject: (stage) => freeze(one(stage, 'postgres'), SERVER_DOWN_MS),
  },
  {
    name: 'redis-kill',
    matrix: '20',
    title: 'Redis is down for ten seconds',
    everyMs: 3_000,
    injections: 1,
    gapMaxMs: 5_000,
    inject: (stage) => holdDown(one(stage, 'redis'), SERVER_DOWN_MS),
  },
  {
    name: 'redis-freeze',
    matrix: '20',
    title: 'Redis hangs for ten seconds',
    everyMs: 3_000,
    injections: 1,
    gapMaxMs: 5_000,
    inject: (stage) => freeze(one(stage, 'redis'), SERVER_DOWN_MS),
  },
  ...(['postgres', 'redis'] as const).map(
    (server): Row => ({
      name: `${server}-minute`,
      matrix: server === 'postgres' ? '18' : '20',
      title: `${server === 'postgres' ? 'PostgreSQL' : 'Redis'} is down for a minute`,
      everyMs: 3_000,
      injections: 1,
      gapMaxMs: 5_000,
      isLong: true,
      inject: (stage) => holdDown(one(stage, server), MINUTE_MS),
    }),
  ),
];
