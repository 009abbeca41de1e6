/**
 * I7: the log, executed again from its first record, gives every event and every state once more; and
 * so it does from every snapshot.
 */
import type { CapsuleStep } from '@sandpit/schemas/capsule.ts';
import type { EventRecord } from '@sandpit/schemas/record.ts';
import type { Scenario } from '@sandpit/schemas/scenario.ts';
import { StepWriter } from '../../../services/platform/capsule/write.ts';
import { Player } from '../../../services/simulator/rerun/player.ts';
import { replayStep } from '../../../services/simulator/rerun/replay.ts';
import { ENGINE_VERSION } from '../../../services/simulator/venue/create.ts';
import { SimulatedVenue } from '../../../services/simulator/venue/simulated-venue.ts';
import type { Finding, SimulatorHistory, StoredSnapshot } from './history.ts';

export function checkReplay({ address, records, scenario, snapshots }: SimulatorHistory): Finding {
  const finding: Finding = { law: 'I7', checked: 0, what: 'steps', breaches: [] };
  if (!scenario || records.length === 0) return finding;
  const steps = stepsOf(records.map(({ body }) => body));
  const scenarioHash = scenarioHashOf(records.map(({ body }) => body));
  const identity = { simulatorId: address.simulatorId, scenarioHash };
  const attempt = (from: string, replay: () => number) => {
    try {
      finding.checked += replay();
    } catch (error) {
      // The first difference: everything after it follows from it.
      finding.breaches.push(`${from}: ${(error as Error).message}`);
    }
  };
  attempt('from the start', () => play(new Player(scenario, identity), steps));
  for (const snapshot of snapshots) {
    attempt(`from the snapshot at ${snapshot.n}`, () => {
      const player = new Player(scenario, identity, restored(scenario, snapshot));
      return play(
        player,
        steps.filter(({ n }) => n > snapshot.n),
      );
    });
  }
  return finding;
}

/** @returns how many. @throws CapsuleError at the first difference. */
function play(player: Player, steps: readonly CapsuleStep[]): number {
  for (const step of steps) replayStep(player, step);
  return steps.length;
}

function restored(scenario: Scenario, { state, stateHash }: StoredSnapshot): SimulatedVenue {
  const venue = SimulatedVenue.restore(scenario, state);
  if (venue.stateHash() !== stateHash) throw new Error('It holds another state than it says.');
  return venue;
}

/** @throws NotReplayableError */
function stepsOf(records: readonly EventRecord[]): CapsuleStep[] {
  const writer = new StepWriter(ENGINE_VERSION);
  return records.flatMap((record) => writer.step(record) ?? []);
}

function scenarioHashOf(records: readonly EventRecord[]): string {
  const bodies = records.flatMap(({ commands }) => commands.map(({ command }) => command.body));
  const start = bodies.find(({ type }) => type === 'start');
  return start?.type === 'start' ? start.scenarioHash : '';
}
