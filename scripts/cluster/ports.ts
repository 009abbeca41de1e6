/** The ports of a cluster: one in front, and one for everything behind it. */
import { freePorts, isPortFree } from '../servers/ports.ts';
import { StartError } from '../servers/start-error.ts';

export const CLUSTER_PORT_BASE = 3_200;
const PER_BASE = 20;
const SHIFTS_MAX = 20;

export interface NatsPorts {
  client: number;
  monitor: number;
  route: number;
}

export interface ClusterPorts {
  /** The balancer's. */
  web: number;
  doors: number[];
  nats: NatsPorts[];
  postgres: number;
  redis: number;
}

export interface ClusterSize {
  doors: number;
  nats: number;
}

const countOf = ({ doors, nats }: ClusterSize) => 3 + doors + 3 * nats;

function planOf(ports: readonly number[], { doors, nats }: ClusterSize): ClusterPorts {
  const [web, postgres, redis, ...rest] = ports as [number, number, number, ...number[]];
  const servers = Array.from({ length: nats }, (_, i) =>
    rest.slice(doors + 3 * i, doors + 3 * i + 3),
  );
  return {
    web,
    postgres,
    redis,
    doors: rest.slice(0, doors),
    nats: servers.map(([client, monitor, route]) => ({
      client: client!,
      monitor: monitor!,
      route: route!,
    })),
  };
}

/** Any free ones. */
export const anyPorts = async (size: ClusterSize): Promise<ClusterPorts> =>
  planOf(await freePorts(countOf(size)), size);

/** In a row from `base`, or from the next base that is free. @throws StartError when none is. */
export async function portsFrom(base: number, size: ClusterSize): Promise<ClusterPorts> {
  for (let shift = 0; shift < SHIFTS_MAX; shift++) {
    const first = base + shift * PER_BASE;
    const ports = Array.from({ length: countOf(size) }, (_, i) => first + i);
    const free = await Promise.all(ports.map((port) => isPortFree(port)));
    if (free.every(Boolean)) return planOf(ports, size);
  }
  throw new StartError(
    `From port ${base} on there is no room for a cluster.`,
    'Choose where to look: npm run cluster -- --port-base 20000',
  );
}
