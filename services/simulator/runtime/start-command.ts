/** Which scenario a simulator runs: pinned by hash in its start command. */
import { type Bus, BusError } from '@sandpit/bus/bus.ts';
import { type SimulatorAddress, subjects } from '@sandpit/bus/subjects.ts';
import type { Authority } from './authority.ts';
import { DefectError } from './host.ts';
import { recordOf } from './recovery.ts';
import type { SnapshotEnvelope } from './snapshots.ts';

/** Commands looked through for a start; the first one is it unless somebody forged others. */
const COMMANDS_SEARCHED = 100;

/**
 * Hash of the simulator's scenario: from its log, or, for one that has not started yet, from the
 * first start command with authority. Null when there is none: nothing to run.
 *
 * @param isNew  It has no record yet, so its log need not be read.
 * @throws DefectError when the log has lost its beginning; BusError `unavailable` while tokens cannot be verified.
 */
export async function findScenarioHash(
  bus: Bus,
  authority: Authority,
  address: SimulatorAddress,
  isNew = false,
): Promise<string | null> {
  if (isNew) return inCommands(bus, authority, address);
  const { scenarioHash, firstN } = await inLog(bus, address);
  if (scenarioHash !== null) return scenarioHash;
  if (firstN === 1) return inCommands(bus, authority, address);
  const known = await inSnapshot(bus, address);
  if (known !== null) return known;
  throw new DefectError(`Its log begins with record ${firstN}, and no snapshot is left.`);
}

/** Of a stopped simulator whose log was trimmed. */
async function inSnapshot(bus: Bus, address: SimulatorAddress): Promise<string | null> {
  const snapshot = await bus.last('SNAPSHOTS', subjects.snapshot(address));
  return (snapshot?.body as SnapshotEnvelope | undefined)?.scenarioHash ?? null;
}

async function inLog(bus: Bus, address: SimulatorAddress) {
  let firstN = 0;
  const filter = subjects.event(address);
  for await (const message of bus.read('EVENTS', { filter, from: 1 })) {
    const { commands, n } = recordOf(message);
    firstN ||= n;
    for (const { command } of commands) {
      // Also one that was refused or quarantined: its simulator answers from then on.
      const { body } = command;
      if (body.type === 'start') return { scenarioHash: body.scenarioHash, firstN };
    }
  }
  return { scenarioHash: null, firstN };
}

async function inCommands(
  bus: Bus,
  authority: Authority,
  address: SimulatorAddress,
): Promise<string | null> {
  const read = { filter: subjects.commands(address), from: 1, limit: COMMANDS_SEARCHED };
  for await (const message of bus.read('COMMANDS', read)) {
    const verdict = await authority.judge(address, message);
    if (verdict.passes === 'later')
      throw new BusError('unavailable', 'No keys to verify with yet.');
    if (verdict.passes === true && verdict.command.body.type === 'start') {
      return verdict.command.body.scenarioHash;
    }
  }
  return null;
}
