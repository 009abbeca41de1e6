/** The law of the lists: what is awake by its log is on the list of its shard, and some worker runs it. */
import { type SimulatorAddress, shardOf } from '@sandpit/bus/subjects.ts';
import type { History } from './auditor.ts';
import type { World } from './world.ts';

/** @returns what is wrong, for a world that has been calm for long. */
export function awakeFaults(
  world: World,
  histories: readonly History[],
  addresses: readonly SimulatorAddress[],
): string[] {
  const running = new Set(
    world.alive.flatMap(({ worker }) => worker.status().simulators.map((each) => each.simulatorId)),
  );
  return addresses.flatMap(({ simulatorId }, i) => {
    if (rests((histories[i] as History).records)) return [];
    const faults = listed(world, simulatorId) ? [] : [`${simulatorId} is not on the list`];
    return running.has(simulatorId) ? faults : [...faults, `${simulatorId} runs nowhere`];
  });
}

export function listed(world: World, simulatorId: string): boolean {
  const subject = `$KV.LEASES.awake.${shardOf(simulatorId)}`;
  const list = world.server.stream('KV_LEASES' as never).last(subject)?.body;
  return simulatorId in ((list as { awake?: object } | undefined)?.awake ?? {});
}

function rests(records: History['records']): boolean {
  // Whoever has only become its owner has not woken it yet.
  const last = records.findLast(({ body }) => body.type !== 'owner')?.body;
  if (!last) return true;
  const changed = last.events.findLast((event) => event.type === 'clockChanged');
  return changed?.clock.state === 'stopped' || changed?.clock.hibernated !== undefined;
}
