import { BusError, type Published, type PublishOptions } from '@sandpit/bus/bus.ts';
import type { Command } from '@sandpit/schemas/command.ts';
import { describe, expect, test } from 'vitest';
import type { Outcome } from '../platform/outcomes.ts';
import { ClockCommands, clockCommandId, NotStoredError, type Publish } from './commands.ts';

const command = {
  accountId: 'ada',
  simulatorId: 'sim',
  commandId: 'start',
  correlationId: 'correlation',
  token: 'token',
  body: { type: 'pause' as const },
  timeoutMs: 10,
};
const outcome: Outcome = { sequence: 7, events: [], quarantined: false };

/** Answers of the bus in turn; what was published; whether the owner was asked at once. */
function desk(answers: (Published | BusError)[], record: Outcome | null = outcome) {
  const published: { subject: string; body: Command; options: PublishOptions }[] = [];
  let asked = 0;
  let canceled = 0;
  const publish: Publish = async (subject, body, options) => {
    published.push({ subject, body: body as Command, options });
    const answer = answers.shift()!;
    if (answer instanceof BusError) throw answer;
    return answer;
  };
  const expectation = {
    outcome: Promise.resolve(record),
    askNow: () => asked++,
    cancel: () => canceled++,
  };
  const waiter = { expect: () => expectation };
  const send = () => new ClockCommands(publish, waiter, () => 0).send(command);
  return { published, send, asked: () => asked, canceled: () => canceled };
}

const stored = (duplicate = false): Published => ({ sequence: 1, duplicate });
const failed = (failure: BusError['failure']) => new BusError(failure, failure);

describe('a command to a clock', () => {
  test('is stored once, under its own id, with the token beside it', async () => {
    const { send, published } = desk([stored()]);
    expect(await send()).toBe(outcome);
    expect(published).toHaveLength(1);
    const [{ subject, body, options }] = published as [(typeof published)[0]];
    expect(subject).toMatch(/^sandpit\.v1\.cmd\.\d+\.ada\.sim\.order$/);
    expect(options).toMatchObject({ stream: 'COMMANDS', id: 'sim/start' });
    expect(Object.values(options.headers ?? {})).toContain('token');
    expect(JSON.stringify(body)).not.toContain('token');
  });

  test('that was stored before is asked for at its owner', async () => {
    const { send, asked } = desk([stored(true)]);
    expect(await send()).toBe(outcome);
    expect(asked()).toBe(1);
  });

  test('without an answer is sent once more as it was, and then waited for', async () => {
    const { send, published, asked } = desk([failed('unknown'), failed('unknown')]);
    expect(await send()).toBe(outcome);
    expect(published).toHaveLength(2);
    expect(published[1]).toEqual(published[0]);
    expect(asked()).toBe(1);
  });

  test('without a record in time is unknown, by its name', async () => {
    const { send } = desk([stored()], null);
    await expect(send()).rejects.toMatchObject({
      type: 'outcomeUnknown',
      data: { commandId: 'start' },
    });
  });

  test.each([
    ['full', 'backlogFull'],
    ['unavailable', 'unavailable'],
    ['refused', 'unavailable'],
  ] as const)('that the bus turns down as %s was not stored: %s', async (failure, type) => {
    const { send, canceled } = desk([failed(failure)]);
    const error = await send().catch((each: unknown) => each);
    expect(error).toBeInstanceOf(NotStoredError);
    expect((error as Error).cause).toMatchObject({ type });
    expect(canceled()).toBe(1);
  });
});

test('one key is one command of one simulator, and without a key each is new', () => {
  const once = clockCommandId('step', 'sim', 'once');
  expect(once).toMatch(/^step-[A-Za-z0-9_-]{32}$/);
  expect(clockCommandId('step', 'sim', 'once')).toBe(once);
  const others = [
    clockCommandId('step', 'sim', 'twice'),
    clockCommandId('step', 'other', 'once'),
    clockCommandId('pause', 'sim', 'once'),
    clockCommandId('step', 'sim'),
    clockCommandId('step', 'sim'),
  ];
  expect(new Set([once, ...others]).size).toBe(6);
  // As long as an id may be.
  expect(clockCommandId('jumpToOwnEvent', 'sim', 'once').length).toBeLessThanOrEqual(48);
});
