/** The bounded selection: every kind of process and network once, against real processes, judged. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { seeded } from '../../services/simulator/simulation/workload.ts';
import { ROWS, SELECTION } from './faults/rows.ts';
import { ROW_HEADINGS, rowLine, unproven, verdictLine } from './report.ts';
import { type ChaosSystem, startSystem } from './system.ts';
import { type Torment, torment } from './torment.ts';

const SEED = Number(process.env.SEED ?? 1);
const rows = ROWS.filter(({ name }) => (SELECTION as readonly string[]).includes(name));

let system: ChaosSystem;
let run: Torment;

beforeAll(async () => {
  const random = seeded(SEED);
  const say = (line: string) => console.log(line);
  system = await startSystem({ random, doors: 2, workers: 2, natsCluster: false, say });
  const lines = [`seed ${SEED}`, ROW_HEADINGS];
  run = await torment({
    system,
    rows,
    seed: SEED,
    times: 1,
    onRow: (outcome) => lines.push(rowLine(outcome)),
  });
  console.log([...lines, '', ...run.verdicts.map(verdictLine)].join('\n'));
  if (run.rows.some(({ breaches }) => breaches.length > 0)) {
    console.log(system.complaints().join('\n'));
  }
}, 400_000);
afterAll(async () => {
  await system?.dispose();
}, 30_000);

test.each(SELECTION)('%s breaks no law, and no order fails', (name) => {
  const outcome = run.rows.find((row) => row.name === name);
  expect(outcome?.breaches).toEqual([]);
  expect(outcome?.injections).toBeGreaterThan(0);
});

test('the log was seen to refuse what a replaced owner wrote', () => {
  expect(unproven(rows, run.rows)).toEqual([]);
});

test('every law was held against something', () => {
  for (const { law, checked } of run.verdicts) expect(checked, law).toBeGreaterThan(0);
});
