/** Replays a capsule and compares every step with what it was the first time. */
import { createHash } from 'node:crypto';
import type { CapsuleHeader, CapsuleStep } from '@sandpit/schemas/capsule.ts';
import { canonicalJson } from '../../platform/canonical.ts';
import { CapsuleError, openCapsule } from '../../platform/capsule/read.ts';
import { eventsDigest } from '../../platform/capsule/write.ts';
import { ENGINE_VERSION } from '../venue/create.ts';
import { Player } from './player.ts';

export interface Replayed {
  header: CapsuleHeader;
  seed: number;
  steps: number;
  commands: number;
  simNs: number;
  tapeHash: string;
  stateHash: string;
}

/**
 * @param onProgress  Told now and then how far the market is, in simulated ns.
 * @throws CapsuleError when the file is broken, of another engine, or comes out differently.
 */
export async function replayCapsule(
  chunks: AsyncIterable<Uint8Array>,
  onProgress: (simNs: number) => void = () => {},
): Promise<Replayed> {
  const capsule = await openCapsule(chunks);
  const { header } = capsule;
  checkHeader(header);
  const player = new Player(header.scenario, header);
  let commands = 0;
  let steps = 0;
  let seed = 0;
  for await (const step of capsule.steps()) {
    const [first] = step.commands;
    if (first?.body.type === 'start') seed = first.body.seed;
    replayStep(player, step);
    steps += 1;
    commands += step.commands.length;
    onProgress(player.venue.nowNs);
  }
  const end = capsule.end!;
  player.advance(end.simNs);
  const { venue } = player;
  const tapeHash = venue.tapeHash();
  if (tapeHash !== end.tapeHash) {
    throw new CapsuleError(`The tape is another one: ${tapeHash} instead of ${end.tapeHash}.`);
  }
  const { simNs } = end;
  return { header, seed, steps, commands, simNs, tapeHash, stateHash: venue.stateHash() };
}

function checkHeader({ engineVersion, scenario, scenarioHash }: CapsuleHeader): void {
  if (engineVersion !== ENGINE_VERSION) {
    throw new CapsuleError(
      `It was made by engine ${engineVersion}, this is ${ENGINE_VERSION}: replay it with the program ` +
        'that made it.',
    );
  }
  const hash = createHash('sha256').update(canonicalJson(scenario)).digest('hex');
  if (hash !== scenarioHash) throw new CapsuleError('Line 1: the scenario was changed.');
}

/** @throws CapsuleError when the step gives other events or another state than it says. */
export function replayStep(player: Player, step: CapsuleStep): void {
  const events = [...player.advance(step.simNs), ...player.execute(step)];
  const stateHash = player.venue.stateHash();
  if (stateHash !== step.stateHash) {
    throw new CapsuleError(
      `Step ${step.n} leads to state ${stateHash} instead of ${step.stateHash}.`,
    );
  }
  if (eventsDigest(events) !== step.events) {
    throw new CapsuleError(`Step ${step.n} gives other events than the first time.`);
  }
}
