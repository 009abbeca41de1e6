/** A simulator's log as what a rerun needs. */
import type { Bus } from '@sandpit/bus/bus.ts';
import { type SimulatorAddress, subjects } from '@sandpit/bus/subjects.ts';
import type { CapsuleStep } from '@sandpit/schemas/capsule.ts';
import type { EventRecord } from '@sandpit/schemas/record.ts';
import { StepWriter } from '../../platform/capsule/write.ts';
import { LabError } from './lab.ts';

const STEPS_MAX = 100_000;
const TRIMMED = 'Its log is in the archive only; ask the operator to restore it.';

/**
 * @param until  Stream sequence of the last record wanted.
 * @throws NotReplayableError, LabError, BusError
 */
export async function stepsOf(
  bus: Bus,
  address: SimulatorAddress,
  engineVersion: string,
  until: number,
): Promise<CapsuleStep[]> {
  const writer = new StepWriter(engineVersion);
  const steps: CapsuleStep[] = [];
  let isFirst = true;
  for await (const { sequence, body } of bus.read('EVENTS', {
    filter: subjects.event(address),
    from: 1,
  })) {
    if (sequence > until) break;
    if (isFirst && (body as EventRecord).n > 1) throw new LabError(TRIMMED);
    isFirst = false;
    const step = writer.step(body as EventRecord);
    if (step) steps.push(step);
    if (steps.length > STEPS_MAX) throw new LabError(`It has more than ${STEPS_MAX} records.`);
  }
  return steps;
}
