import { beforeEach, expect, test } from 'vitest';
import { Reports } from './reports.ts';

let nowMs = 0;
let calls: string[] = [];
/** How the next calls end: done, failed, or nobody knows. */
let ends: ('ok' | 'fails' | 'doubtful')[] = [];
let reports: Reports;

beforeEach(() => {
  nowMs = 0;
  calls = [];
  ends = [];
  reports = new Reports({
    async call(action) {
      calls.push(action);
      const end = ends.shift() ?? 'ok';
      if (end !== 'ok') throw new Error(end);
    },
    now: () => nowMs,
    isDoubtful: (error) => (error as Error).message === 'doubtful',
    onTrouble: () => {},
  });
});
const settle = () => new Promise<void>((resolve) => setTimeout(resolve, 0));

test('what fails is said again, before what came after it', async () => {
  ends = ['fails'];
  reports.say('begin', {}, true);
  await settle();
  ends = ['fails'];
  reports.say('end', {}, true);
  await settle();
  expect(calls).toEqual(['begin', 'begin']);
  await reports.send();
  expect(calls).toEqual(['begin', 'begin', 'begin', 'end']);
  await reports.send();
  expect(calls).toHaveLength(4);
});

test.each`
  isRepeatable | end           | times
  ${true}      | ${'doubtful'} | ${2}
  ${false}     | ${'doubtful'} | ${1}
  ${false}     | ${'fails'}    | ${2}
`('repeatable: $isRepeatable, $end: said $times times', async ({ isRepeatable, end, times }) => {
  ends = [end];
  reports.say('x', {}, isRepeatable);
  await settle();
  await reports.send();
  expect(calls).toHaveLength(times);
});

test('a thousand wait, and none longer than ten minutes', async () => {
  ends = ['fails'];
  for (let i = 0; i < 1_200; i++) reports.say(`${i}`, {}, true);
  await settle();
  nowMs = 600_001;
  ends = [];
  calls = [];
  await reports.send();
  expect(calls).toEqual([]);
  reports.say('fresh', {}, true);
  await settle();
  expect(calls).toEqual(['fresh']);
});

test('at most one is under way', async () => {
  for (let i = 0; i < 5; i++) reports.say(`${i}`, {}, true);
  await Promise.all([reports.send(), reports.send(), settle()]);
  expect(calls).toEqual(['0', '1', '2', '3', '4']);
});
