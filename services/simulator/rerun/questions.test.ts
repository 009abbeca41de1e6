import { expect, test, vi } from 'vitest';
import type { Job, JobResult } from './jobs.ts';
import { LabError } from './lab.ts';
import { Questions, UnderWayError } from './questions.ts';

const job = { key: 'k' } as Job;
const result = { report: {} } as JobResult;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** A lab with one job under way at a time, which ends when it is told to. */
function slowLab() {
  const asked: Job[] = [];
  let tell: (progress: number) => void = () => {};
  let end: (result: JobResult | Error) => void = () => {};
  return {
    asked,
    tell: (progress: number) => tell(progress),
    end: (result: JobResult | Error) => end(result),
    run(each: Job, progress: (fraction: number) => void = () => {}) {
      asked.push(each);
      tell = progress;
      return new Promise<JobResult>((resolve, reject) => {
        end = (settled) => (settled instanceof Error ? reject(settled) : resolve(settled));
      });
    },
  };
}

test('what takes long is told with its progress, and fetched by asking again', async () => {
  const lab = slowLab();
  const questions = new Questions(lab, { patienceMs: 20 });
  const make = vi.fn(async () => job);
  const ask = () => questions.ask('a', make);
  await expect(ask()).rejects.toEqual(new UnderWayError(null));
  lab.tell(0.4);
  await expect(ask()).rejects.toMatchObject({ progress: 0.4 });
  lab.end(result);
  expect(await ask()).toBe(result);
  expect(make).toHaveBeenCalledTimes(1);
  expect(lab.asked).toHaveLength(1);
  // It was fetched: the next question is a new one.
  await expect(ask()).rejects.toThrow(UnderWayError);
  expect(lab.asked).toHaveLength(2);
});

test('what is quick is answered at once, and nothing is not run', async () => {
  const run = async () => result;
  const questions = new Questions({ run }, { patienceMs: 1_000 });
  expect(await questions.ask('a', async () => job)).toBe(result);
  expect(await questions.ask('b', async () => null)).toBeNull();
});

test('a failure is told to whoever asks, once', async () => {
  const lab = slowLab();
  const questions = new Questions(lab, { patienceMs: 20 });
  const ask = () => questions.ask('a', async () => job);
  await expect(ask()).rejects.toThrow(UnderWayError);
  lab.end(new LabError('The session is too long to be run again in time.'));
  await expect(ask()).rejects.toThrow('too long');
  await expect(ask()).rejects.toThrow(UnderWayError);
});

test('what nobody fetches is thrown away, and no more than a few wait', async () => {
  const lab = slowLab();
  const questions = new Questions(lab, { patienceMs: 5, keptMs: 30 });
  await expect(questions.ask('a', async () => job)).rejects.toThrow(UnderWayError);
  lab.end(result);
  await pause(80);
  await expect(questions.ask('a', async () => job)).rejects.toThrow(UnderWayError);
  expect(lab.asked).toHaveLength(2);
  const many = Array.from({ length: 40 }, (_, i) =>
    questions.ask(`${i}`, async () => job).catch((error) => error),
  );
  const refused = (await Promise.all(many)).filter((each) => each instanceof LabError);
  expect(refused).toHaveLength(9);
});
