/** Ten ports from one base, so that one number says where everything is. */
import { isPortFree, portHolder } from '../servers/ports.ts';
import { StartError } from '../servers/start-error.ts';
import { WORKERS_MAX } from './options.ts';

const PORTS_PER_BASE = 10;
const SHIFTS_MAX = 20;

export interface PortPlan {
  base: number;
  web: number;
  nats: number;
  natsMonitor: number;
  postgres: number;
  redis: number;
  doorsMetrics: number;
  /** One for each worker. */
  workerMetrics: number[];
}

export function portPlan(base: number): PortPlan {
  return {
    base,
    web: base,
    nats: base + 1,
    natsMonitor: base + 2,
    postgres: base + 3,
    redis: base + 4,
    doorsMetrics: base + 5,
    workerMetrics: Array.from({ length: WORKERS_MAX }, (_, index) => base + 6 + index),
  };
}

/**
 * The first base, from the one wanted in steps of ten, whose ports are all free.
 *
 * @param fixed  The base was asked for: it is that one or none.
 * @param say    Told who holds a port, when the plan moves because of it.
 * @throws StartError naming the port and its holder.
 */
export async function findPorts(
  wanted: number,
  fixed: boolean,
  say: (line: string) => void,
): Promise<PortPlan> {
  for (let shift = 0; shift < SHIFTS_MAX; shift++) {
    const base = wanted + shift * PORTS_PER_BASE;
    const taken = await firstTaken(base);
    if (taken === null) return portPlan(base);
    const reason = `Port ${taken} is held by ${portHolder(taken)}`;
    if (fixed) {
      throw new StartError(
        `${reason}.`,
        `Stop it, or choose other ports: npm start -- --port-base ${base + 100}`,
      );
    }
    say(`${reason}: trying ${base + PORTS_PER_BASE}`);
  }
  const last = wanted + SHIFTS_MAX * PORTS_PER_BASE - 1;
  throw new StartError(
    `From ${wanted} to ${last} there are no ten free ports in a row.`,
    'Choose where to look: npm start -- --port-base 20000',
  );
}

async function firstTaken(base: number): Promise<number | null> {
  for (let port = base; port < base + PORTS_PER_BASE; port++) {
    if (!(await isPortFree(port))) return port;
  }
  return null;
}
