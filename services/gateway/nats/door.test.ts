/** What the door does with a message, with everything behind it played. */
import type { LiveMessage } from '@sandpit/bus/bus.ts';
import { LazyMessage } from '@sandpit/bus/message.ts';
import type { NatsAnswer } from '@sandpit/schemas/nats-requests.ts';
import { ServiceBroker } from 'moleculer';
import { beforeEach, expect, test, vi } from 'vitest';
import { problem } from '../../platform/errors.ts';
import type { Door } from '../handler.ts';
import type { Answer } from '../route.ts';
import { routes } from '../routes.ts';
import { NatsDoor } from './door.ts';

const heard: string[] = [];
vi.mock('../../platform/venues.ts', () => ({
  venueDirectory: () => ({
    owned: async (simulatorId: string, accountId: string) => {
      if (simulatorId !== `sim-of-${accountId}`) throw problem('notFound');
      return { simulatorId, accountId, sessionId: `session-of-${accountId}`, stopped: false };
    },
  }),
}));
vi.mock('../../platform/programs.ts', () => ({
  programHeard: (_: unknown, { simulatorId }: { simulatorId: string }) => heard.push(simulatorId),
}));

interface Said {
  subject: string;
  answer: NatsAnswer;
}
let deliver: (message: LiveMessage) => void;
let followed: { subject: string; queue: string | undefined };
let said: Said[];
let ran: { operation: string; path: object; body: unknown; accountId: string }[];
let answering: () => Promise<Answer | null>;
let denied: string[];
let isStopped: boolean;
let door: NatsDoor;

beforeEach(() => {
  heard.length = 0;
  [said, ran, denied, isStopped] = [[], [], [], false];
  answering = async () => ({ status: 200, body: { done: true } });
  const broker = new ServiceBroker({ logger: false, metrics: false });
  Object.assign(broker, {
    config: { http: { ordersPerSecond: 10 } },
    tokens: {
      verify: async (token: string) => {
        if (token === 'ended') throw problem('tokenExpired');
        if (!token.startsWith('token-of-')) throw problem('unauthenticated');
        return { accountId: token.slice('token-of-'.length) };
      },
    },
    bus: {
      follow(subject: string, onMessage: typeof deliver, { queue }: { queue?: string } = {}) {
        followed = { subject, queue };
        deliver = onMessage;
        return {
          stop: async () => {
            isStopped = true;
          },
        };
      },
      announce: (subject: string, bytes: Uint8Array) =>
        said.push({ subject, answer: JSON.parse(new TextDecoder().decode(bytes)) }),
    },
  });
  const played = routes.map((route) => ({
    ...route,
    run: async ({ path, body, principal }: Parameters<typeof route.run>[0]) => {
      const accountId = principal?.accountId ?? '';
      ran.push({ operation: route.operationId, path, body, accountId });
      return (await answering()) as Answer;
    },
  }));
  const limits = {
    take: async (name: string, key: string) => name === 'denied' && denied.push(key),
  };
  door = new NatsDoor({ broker, limits, origins: new Set() } as unknown as Door, played);
  door.start();
});

interface Asked {
  token?: string;
  account?: string;
  simulator?: string;
  body?: unknown;
}
async function ask(operation: string, { token = 'token-of-ada', ...asked }: Asked = {}) {
  const { account = 'ada', simulator = 'sim-of-ada', body } = asked;
  const headers = { 'Sandpit-Request': 'r', 'Sandpit-Authorization': `Bearer ${token}` };
  const bytes = new TextEncoder().encode(JSON.stringify({ body }));
  const subject = `sandpit.v1.req.${account}.${simulator}.${operation}`;
  deliver(new LazyMessage(subject, headers, bytes));
  await vi.waitFor(() => expect(said.length).toBeGreaterThan(0));
  return said.splice(0)[0] as Said;
}
const step = { unit: 'second' };

test('one queue of gateways hears the requests of all', () => {
  expect(followed).toEqual({ subject: 'sandpit.v1.req.*.*.*', queue: 'doors' });
});

test('runs the route of that name in the caller’s name, and answers where it must', async () => {
  const { subject, answer } = await ask('stepSimulator', { body: step });
  expect(subject).toBe('sandpit.v1.rsp.ada.sim-of-ada');
  expect(answer).toMatchObject({ request: 'r', status: 200, data: { done: true } });
  const path = { id: 'sim-of-ada' };
  expect(ran).toEqual([{ operation: 'stepSimulator', path, body: step, accountId: 'ada' }]);
  expect(heard).toEqual(['sim-of-ada']);
  await ask('heartbeat', { body: { sequence: 1 } });
  expect(ran[1]).toMatchObject({ path: { id: 'session-of-ada' } });
});

test.each<[string, Asked, number, string]>([
  ['no token', { token: '' }, 401, 'unauthenticated'],
  ['a token that has ended', { token: 'ended' }, 401, 'tokenExpired'],
  ['a token of another account', { token: 'token-of-bob' }, 403, 'forbidden'],
  ['another account’s simulator', { simulator: 'sim-of-bob' }, 404, 'notFound'],
])('%s runs nothing', async (_what, asked, status, code) => {
  const { subject, answer } = await ask('stepSimulator', { body: step, ...asked });
  expect(answer).toMatchObject({ status, data: { code } });
  expect(subject).toMatch(/^sandpit\.v1\.rsp\.ada\./);
  expect([ran, heard]).toEqual([[], []]);
  // Tokens that do not count are counted.
  expect(denied).toEqual(status === 404 ? [] : ['nats ada']);
});

test('what may trade says when it was sent; what reduces risk need not', async () => {
  const order = { clientOrderId: 'a', symbol: 'ACME', side: 'buy', type: 'market', quantity: '1' };
  const { answer } = await ask('submitOrder', { body: order });
  expect(answer).toMatchObject({ status: 422, data: { errors: [{ path: 'sentAt' }] } });
  expect(ran).toEqual([]);
  const sentAt = '2026-01-05T14:30:02.118Z';
  expect((await ask('submitOrder', { body: { ...order, sentAt } })).answer.status).toBe(200);
  for (const operation of ['cancelAllOrders', 'setDeadMan', 'setKillSwitch']) {
    const body = { setDeadMan: { timeoutSeconds: 0 }, setKillSwitch: { engaged: true } }[operation];
    expect((await ask(operation, { body })).answer.status, operation).toBe(200);
  }
});

test('a failure of ours says nothing of itself', async () => {
  answering = () => Promise.reject(new Error('secret of the house'));
  const { answer } = await ask('pauseSimulator');
  expect(answer).toMatchObject({ status: 500, data: { code: 'internalError' } });
  expect(JSON.stringify(answer)).not.toContain('secret');
});

test('a stop hears no more, and waits for what it has taken', async () => {
  let finish = () => {};
  answering = () =>
    new Promise((resolve) => {
      finish = () => resolve({ status: 200, body: {} });
    });
  const asking = ask('pauseSimulator');
  await vi.waitFor(() => expect(ran).toHaveLength(1));
  let isOver = false;
  const stopping = door.stop().then(() => {
    isOver = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect([isStopped, isOver]).toEqual([true, false]);
  finish();
  expect((await asking).answer.status).toBe(200);
  await stopping;
});
