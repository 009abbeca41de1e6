import { expect, test } from 'vitest';
import { ApiError } from './api-error.ts';
import { rerun } from './rerun.ts';

const underWay = (percent: number) =>
  new ApiError(
    'rerunUnderWay',
    `The session is still being run again. ${percent} % are done. Repeat the same request: it goes on meanwhile.`,
    { status: 409, retryAfterSeconds: 1 },
  );

function clocked() {
  let atMs = 0;
  const told: string[] = [];
  return {
    told,
    options: {
      tell: (text: string) => void told.push(text),
      nowMs: () => atMs,
      pause: async (ms: number) => {
        atMs += ms;
      },
    },
  };
}

test('asks until it is there, and tells how far it is', async () => {
  const { told, options } = clocked();
  const answers = [underWay(20), underWay(70), { equity: '1' }];
  const ask = async () => {
    const next = answers.shift();
    if (next instanceof ApiError) throw next;
    return next;
  };
  expect(await rerun(ask, options)).toEqual({ equity: '1' });
  expect(told).toEqual([
    'The session is still being run again. 20 % are done.',
    'The session is still being run again. 70 % are done.',
  ]);
});

test('another failure, a page that is left, and minutes without an end are the end', async () => {
  const other = new ApiError('notReplayable', 'Made by another engine.');
  await expect(rerun(() => Promise.reject(other), clocked().options)).rejects.toBe(other);
  let asked = 0;
  const never = async () => {
    asked += 1;
    throw underWay(1);
  };
  const left = { ...clocked().options, isOver: () => asked >= 3 };
  await expect(rerun(never, left)).rejects.toMatchObject({ code: 'rerunUnderWay' });
  expect(asked).toBe(3);
  await expect(rerun(never, clocked().options)).rejects.toMatchObject({ code: 'rerunUnderWay' });
  expect(asked).toBeLessThan(400);
});
