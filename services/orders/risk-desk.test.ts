import type { CommandBody } from '@sandpit/schemas/command.ts';
import type { VenueEvent } from '@sandpit/schemas/event.ts';
import { riskAtStart } from '@sandpit/schemas/risk.ts';
import { expect, test, vi } from 'vitest';
import { problem } from '../platform/errors.ts';
import { riskView } from '../platform/risk-view.ts';
import { RiskDesk, type RiskDeskSources } from './risk-desk.ts';

const caller = { accountId: 'ada', token: 'token', correlationId: 'corr' };
const learner = riskAtStart('learner');

function deskWith(events: unknown[], stopped = false) {
  const send = vi.fn(async (_envelope: unknown, _body: CommandBody, _token: string) => ({
    outcome: { sequence: 9, events: events as VenueEvent[], quarantined: false },
    repeated: false,
  }));
  const sources: RiskDeskSources = {
    venues: {
      owned: async (simulatorId, accountId) => {
        if (accountId !== 'ada') throw problem('notFound');
        return { simulatorId, accountId, stopped } as never;
      },
    },
    risk: async () => riskView(learner),
    operatorToken: async (accountId) => `operator for ${accountId}`,
    switchboard: { change: vi.fn(), list: vi.fn() },
  };
  return { desk: new RiskDesk({ send }, sources), send, sources };
}
const changed = { type: 'riskChanged', risk: learner };

test('limits within the tier are sent and answered as they stand in the venue', async () => {
  const { desk, send } = deskWith([changed]);
  const view = await desk.setLimits(caller, 'sim', { maxOrderNotional: '100.00' });
  expect(view).toEqual(riskView(learner));
  const [envelope, body, token] = send.mock.calls[0]!;
  expect(envelope).toMatchObject({ simulatorId: 'sim', accountId: 'ada' });
  expect(body).toMatchObject({
    type: 'riskLimits',
    limits: { maxOrderNotionalMicros: 100_000_000, maxOpenOrders: null },
  });
  expect(token).toBe('token');
});

test('wider ones are refused with the tier’s limit, and nothing is sent', async () => {
  const { desk, send } = deskWith([changed]);
  await expect(desk.setLimits(caller, 'sim', { maxOpenOrders: 21 })).rejects.toMatchObject({
    type: 'validationFailed',
    data: { errors: [{ path: 'maxOpenOrders', message: expect.stringContaining('20') }] },
  });
  expect(send).not.toHaveBeenCalled();
});

test('a trader’s switch is his own; the same key is the same command', async () => {
  const { desk, send } = deskWith([changed]);
  await desk.setSwitch(caller, 'sim', { engaged: true }, 'key');
  await desk.setSwitch(caller, 'sim', { engaged: true }, 'key');
  await desk.setSwitch(caller, 'sim', { engaged: false }, 'key');
  const ids = send.mock.calls.map(([envelope]) => (envelope as { commandId: string }).commandId);
  expect(ids[1]).toBe(ids[0]);
  expect(ids[2]).not.toBe(ids[0]);
  expect(send.mock.calls[0]![1]).toEqual({
    type: 'killSwitch',
    scope: 'simulator',
    by: 'trader',
    engaged: true,
    reason: 'Set by the trader.',
    cancelOpenOrders: true,
  });
});

test('an operator’s goes in the account’s name with the operator’s token', async () => {
  const { desk, send } = deskWith([changed]);
  const address = { simulatorId: 'sim', accountId: 'bob', correlationId: 'c' };
  await desk.setSwitchOf(address, { engaged: true, reason: 'runaway', cancelOpenOrders: false });
  const [, body, token] = send.mock.calls[0]!;
  expect(body).toMatchObject({ by: 'operator', reason: 'runaway', cancelOpenOrders: false });
  expect(token).toBe('operator for bob');
});

test.each`
  events                                                     | code
  ${[{ type: 'commandRefused', reason: 'limitBeyondTier' }]} | ${'forbidden'}
  ${[{ type: 'commandRefused', reason: 'simulatorHalted' }]} | ${'simulatorStopped'}
  ${[]}                                                      | ${'forbidden'}
`('$events is answered with $code', async ({ events, code }) => {
  const { desk } = deskWith(events);
  await expect(desk.setSwitch(caller, 'sim', { engaged: true })).rejects.toMatchObject({
    type: code,
  });
});

test('nothing is sent for somebody else’s simulator, or one that has stopped', async () => {
  const other = deskWith([changed]);
  const bob = { ...caller, accountId: 'bob' };
  await expect(other.desk.setSwitch(bob, 'sim', { engaged: true })).rejects.toMatchObject({
    type: 'notFound',
  });
  await expect(other.desk.setLimits(bob, 'sim', {})).rejects.toMatchObject({ type: 'notFound' });
  const stopped = deskWith([changed], true);
  await expect(stopped.desk.setLimits(caller, 'sim', {})).rejects.toMatchObject({
    type: 'simulatorStopped',
  });
  expect(other.send).not.toHaveBeenCalled();
  expect(stopped.send).not.toHaveBeenCalled();
});
