/** Which scenario a simulator runs: pinned by hash in its start command. */
import { type Bus, BusError } from '@sandpit/bus/bus.ts';
import { type SimulatorAddress, subjects } from '@sandpit/bus/subjects.ts';
import type { Authority } from './authority.ts';
import { recordOf } from './recovery.ts';

/** Commands looked through for a start; the first one is it unless somebody forged others. */
const COMMANDS_SEARCHED = 100;

/**
 * Hash of the simulator's scenario: from its log, or, for one that has not started yet, from the
 * first start command with authority. Null when there is none: nothing to run.
 *
 * @param isNew  It has no record yet, so its log need not be read.
 * @throws BusError `unavailable` while tokens cannot be verified.
 */
export async function findScenarioHash(
  bus: Bus,
  authority: Authority,
  address: SimulatorAddress,
  isNew = false,
): Promise<string | null> {
  const recorded = isNew ? null : await inLog(bus, address);
  return recorded ?? (await inCommands(bus, authority, address));
}

async function inLog(bus: Bus, address: SimulatorAddress): Promise<string | null> {
  const filter = subjects.event(address);
  for await (const message of bus.read('EVENTS', { filter, from: 1 })) {
    for (const { command } of recordOf(message).commands) {
      // Also one that was refused or quarantined: its simulator answers from then on.
      if (command.body.type === 'start') return command.body.scenarioHash;
    }
  }
  return null;
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
