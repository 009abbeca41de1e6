import type { CommandBody } from '@sandpit/schemas/command.ts';
import { expect, test, vi } from 'vitest';
import type { KeptSwitch, SwitchChange } from '../platform/kill-switches.ts';
import { Switchboard, type SwitchboardSources } from './switchboard.ts';

type Stored = { to: string; id: string; body: CommandBody; token: string };

function boardWith(simulators: string[], more: Partial<SwitchboardSources> = {}) {
  const stored: Stored[] = [];
  const kept: KeptSwitch[] = [];
  const report = vi.fn();
  const sources: SwitchboardSources = {
    keep: async (change: SwitchChange) => {
      const row = {
        ...change,
        version: String(kept.length + 1),
        changed_at: new Date(kept.length),
      };
      kept.push(row);
      return row;
    },
    switchesOf: async () => kept,
    simulatorsUnder: async () =>
      simulators.map((simulatorId) => ({
        simulatorId,
        accountId: `of-${simulatorId}`,
        sleeps: simulatorId.startsWith('asleep'),
      })),
    operatorToken: async (accountId) => `token ${accountId}`,
    store: async (envelope, body, token) => {
      stored.push({ to: envelope.simulatorId, id: envelope.commandId, body, token });
    },
    report,
    sleep: () => new Promise((resolve) => setTimeout(resolve, 20)),
    ...more,
  };
  return { board: new Switchboard(sources), stored, kept, report };
}

test('a switch is kept, then told to each simulator in the name of its account', async () => {
  const { board, stored, kept } = boardWith(['a', 'b']);
  const told = await board.change('global', '', 'operator', { engaged: true, reason: 'drill' });
  expect(told).toMatchObject({
    simulators: 2,
    told: 2,
    switch: { scope: 'global', engaged: true },
  });
  expect(kept).toMatchObject([{ account_id: '', engaged: true, cancel_open_orders: true }]);
  expect(stored.map(({ to, token }) => `${to} ${token}`)).toEqual(['a token of-a', 'b token of-b']);
  expect(stored[0]?.body).toEqual({
    type: 'killSwitch',
    scope: 'global',
    by: 'operator',
    engaged: true,
    reason: 'drill',
    cancelOpenOrders: true,
  });
});

test('one that sleeps is counted and not told', async () => {
  const { board, stored } = boardWith(['a', 'asleep-1', 'asleep-2']);
  const told = await board.change('global', '', 'operator', { engaged: true });
  expect(told).toMatchObject({ simulators: 1, told: 1, asleep: 2 });
  expect(stored.map(({ to }) => to)).toEqual(['a']);
});

test('telling again is the same command; the next change is another one', async () => {
  const { board, stored, kept } = boardWith(['a']);
  await board.change('account', 'ada', 'trader', { engaged: true });
  await board.tell(kept[0]!);
  await board.change('account', 'ada', 'trader', { engaged: false, cancelOpenOrders: false });
  const [first, again, lifted] = stored.map(({ id }) => id);
  expect(again).toBe(first);
  expect(lifted).not.toBe(first);
  for (const { id } of stored) expect(id).toMatch(/^[A-Za-z0-9_-]{1,48}$/);
  expect(kept[0]?.reason).toBe('Set by the trader.');
  expect(kept[1]).toMatchObject({ reason: 'Lifted by the trader.', cancel_open_orders: false });
});

test('a simulator that cannot be told at once is told again, and not for ever', async () => {
  let failures = 2;
  const flaky = boardWith(['a'], {
    store: async () => {
      if (failures-- > 0) throw new Error('full');
    },
    sleep: () => new Promise((resolve) => setTimeout(resolve, 5)),
  });
  const told = await flaky.board.change('account', 'ada', 'trader', { engaged: true });
  expect(told.simulators).toBe(1);
  await vi.waitFor(() => expect(failures).toBe(-1));
  expect(flaky.report).not.toHaveBeenCalled();

  const store = vi.fn(() => Promise.reject(new Error('away')));
  const away = boardWith(['a'], { store, sleep: async () => {} });
  await away.board.change('account', 'ada', 'trader', { engaged: true });
  await vi.waitFor(() => expect(away.report).toHaveBeenCalledOnce());
  expect(store).toHaveBeenCalledTimes(6);
});

test('whoever asks is answered after a moment, while the rest is told', async () => {
  const slow = boardWith(['a', 'b'], { store: () => new Promise(() => {}) });
  const told = await slow.board.change('global', '', 'operator', { engaged: true });
  expect(told).toMatchObject({ simulators: 2, told: 0 });
});

test('a fork is told of every switch as it stands now, on or off', async () => {
  const { board, stored, kept } = boardWith([]);
  await board.change('account', 'ada', 'trader', { engaged: false });
  await board.change('global', '', 'operator', { engaged: true });
  await board.tellOf({ simulatorId: 'fork', accountId: 'ada' });
  expect(stored.map(({ to, body }) => [to, 'engaged' in body && body.engaged])).toEqual([
    ['fork', false],
    ['fork', true],
  ]);
  expect(kept).toHaveLength(2);
  const away = boardWith([], {
    store: () => Promise.reject(new Error('away')),
    sleep: async () => {},
  });
  await away.board.change('global', '', 'operator', { engaged: true });
  await expect(away.board.tellOf({ simulatorId: 'fork', accountId: 'ada' })).rejects.toMatchObject({
    type: 'unavailable',
  });
});
