/** Traders leave while something is away: what they asked for happens all the same, once and in time. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Desk, Stage } from '../stage.ts';
import { holdDown, one } from './processes.ts';
import type { Row } from './row.ts';

const GRACE_SECONDS = 5;
const DOWN_MS = 10_000;
/** After that moment and the fault; a door that does not answer is waited for fifteen seconds. */
const LATEST_MS = 20_000;
/** A second cancel would come by then. */
const AGAIN_MS = 3_000;
const LOOK_EVERY_MS = 300;

/** One for each trader. */
const SETTINGS = [
  { cause: 'disconnect', keepGtc: false },
  { cause: 'disconnect', keepGtc: true },
  { cause: 'deadMan', keepGtc: false },
] as const;

/** @param fault  Resolves when all is well again. @returns how many have left. */
async function leaveDuring(stage: Stage, fault: () => Promise<void>): Promise<number> {
  const { desks } = stage;
  await Promise.all(
    desks.map(async (desk, i) => {
      await stage.guard(desk, { ...SETTINGS[i % SETTINGS.length]!, graceSeconds: GRACE_SECONDS });
      await desk.flow.rest('day');
      await desk.flow.rest('gtc');
    }),
  );
  await Promise.all(desks.map((desk) => stage.leave(desk)));
  const graceMs = GRACE_SECONDS * 1_000;
  const dueMs = Date.now() + graceMs;
  await fault();
  const latestMs = Math.max(Date.now(), dueMs) + LATEST_MS;
  for (const desk of desks) desk.guard!.latestMs = latestMs;
  await untilFired(stage, desks, latestMs);
  await sleep(AGAIN_MS);
  for (const desk of desks) stage.comeBack(desk);
  return desks.length;
}

async function untilFired(stage: Stage, desks: readonly Desk[], latestMs: number): Promise<void> {
  for (const desk of desks) {
    while (Date.now() < latestMs && !(await stage.hasFired(desk))) await sleep(LOOK_EVERY_MS);
  }
}

/** Just before their time is over. */
const atTheEnd = async (act: () => Promise<void>) => {
  await sleep(GRACE_SECONDS * 1_000 - 500);
  await act();
};

const common = { matrix: '17, 18', everyMs: 1_000, injections: 1, gapMaxMs: 15_000 };

export const guardRows: Row[] = [
  {
    ...common,
    name: 'leave-postgres',
    title: 'traders leave, and PostgreSQL is away when their orders are due',
    inject: (stage) =>
      leaveDuring(stage, async () => {
        await holdDown(one(stage, 'postgres'), DOWN_MS);
      }),
  },
  {
    ...common,
    name: 'leave-doors',
    title: 'traders leave, and a door is killed when their orders are due',
    inject: (stage) =>
      leaveDuring(stage, () => atTheEnd(() => one(stage, 'doors').restart('SIGKILL'))),
  },
  {
    ...common,
    name: 'leave-worker',
    title: 'traders leave, and the worker of their market is killed when their orders are due',
    inject: (stage) =>
      leaveDuring(stage, () =>
        atTheEnd(async () => {
          await (await stage.owner()).restart('SIGKILL');
        }),
      ),
  },
];
