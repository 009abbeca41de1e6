/** I7: the log, executed again from its first record, gives every event and every state once more. */
import type { EventRecord } from '@sandpit/schemas/record.ts';
import type { Scenario } from '@sandpit/schemas/scenario.ts';
import { StepWriter } from '../../../services/platform/capsule/write.ts';
import { Player } from '../../../services/simulator/rerun/player.ts';
import { replayStep } from '../../../services/simulator/rerun/replay.ts';
import { ENGINE_VERSION } from '../../../services/simulator/venue/create.ts';
import type { Finding, SimulatorHistory } from './history.ts';

export function checkReplay({ address, records, scenario }: SimulatorHistory): Finding {
  const finding: Finding = { law: 'I7', checked: 0, what: 'steps', breaches: [] };
  if (!scenario || records.length === 0) return finding;
  try {
    finding.checked = replay(
      address.simulatorId,
      scenario,
      records.map(({ body }) => body),
    );
  } catch (error) {
    // The first difference: everything after it follows from it.
    finding.breaches.push((error as Error).message);
  }
  return finding;
}

/** @returns how many steps there were. @throws CapsuleError, NotReplayableError at the first difference. */
function replay(simulatorId: string, scenario: Scenario, records: readonly EventRecord[]): number {
  const start = records.flatMap(({ commands }) => commands.map(({ command }) => command.body));
  const first = start.find(({ type }) => type === 'start');
  const scenarioHash = first?.type === 'start' ? first.scenarioHash : '';
  const player = new Player(scenario, { simulatorId, scenarioHash });
  const writer = new StepWriter(ENGINE_VERSION);
  let steps = 0;
  for (const record of records) {
    const step = writer.step(record);
    if (!step) continue;
    replayStep(player, step);
    steps += 1;
  }
  return steps;
}
