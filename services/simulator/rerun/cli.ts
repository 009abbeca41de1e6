/** `npm run replay -- <file>`: a capsule once more, and whether it comes out the same. */
import { createReadStream, statSync } from 'node:fs';
import { MAX_CAPSULE_BYTES } from '@sandpit/schemas/capsule.ts';
import { NS_PER_SECOND } from '@sandpit/schemas/units.ts';
import { CapsuleError, tooLarge } from '../../platform/capsule/read.ts';
import { type Replayed, replayCapsule } from './replay.ts';

const USAGE = `npm run replay -- <file>

Runs a capsule (GET /api/v1/simulators/:id/capsule) again and compares every step with what it was.
Nothing else need run. Prints the hash of the tape; ends with 1 when the file is broken or comes out
differently.
`;

async function main(args: readonly string[]): Promise<number> {
  const [file] = args;
  if (args.length !== 1 || !file || file.startsWith('-')) {
    process.stdout.write(USAGE);
    return file === '--help' ? 0 : 2;
  }
  const { size } = statSync(file);
  if (size > MAX_CAPSULE_BYTES) throw tooLarge();
  const startedMs = performance.now();
  const replayed = await replayCapsule(createReadStream(file));
  process.stdout.write(text(replayed, performance.now() - startedMs));
  return 0;
}

function text(
  { header, seed, steps, commands, simNs, tapeHash }: Replayed,
  tookMs: number,
): string {
  const simulated = (simNs / NS_PER_SECOND).toFixed(1);
  return [
    `scenario  ${header.scenario.id}, seed ${seed}, engine ${header.engineVersion}`,
    `replayed  ${steps} steps with ${commands} commands, ${simulated} simulated seconds in ${(tookMs / 1_000).toFixed(2)} s`,
    'same      every step gives the events and the state that it gave the first time',
    `tape      ${tapeHash}`,
    '',
  ].join('\n');
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    const { code } = error as { code?: string };
    const isPlain = error instanceof CapsuleError || code === 'ENOENT' || code === 'EISDIR';
    process.stderr.write(
      `error: ${isPlain ? (error as Error).message : ((error as Error).stack ?? error)}\n`,
    );
    process.exitCode = 1;
  },
);
