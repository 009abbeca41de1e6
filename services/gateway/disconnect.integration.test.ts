/** Cancel on disconnect through the doors: streams and heartbeats in, commands in the log out. */
import { setTimeout as sleep } from 'node:timers/promises';
import { HEADERS } from '@sandpit/bus/headers.ts';
import { subjects } from '@sandpit/bus/subjects.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Doors, openDoors, type TestTrader } from './testing/doors.ts';
import { StreamClient } from './testing/stream-client.ts';

const GRACE_SECONDS = 5;

let doors: Doors;
const clients: StreamClient[] = [];

beforeAll(async () => {
  doors = await openDoors();
});
afterAll(async () => {
  for (const client of clients) client.close();
  await doors?.stop();
});

/** A trader of the test's own, and what he does about his session. */
async function someone() {
  const trader = await doors.trader();
  const { sessionId: session, simulator } = trader;
  return {
    ...trader,
    session,
    guard: (mode: string, graceSeconds = GRACE_SECONDS) =>
      trader.call('PATCH', `/sessions/${session}`, { cancelOnDisconnect: { mode, graceSeconds } }),
    look: async () => (await trader.call('GET', `/sessions/${session}`)).body.cancelOnDisconnect,
    stream: (from = doors) => stream(trader, from),
    cancels: () =>
      doors.worker.received.filter(
        ({ command }) =>
          command.simulatorId === simulator.simulatorId && command.body.type === 'cancelAll',
      ),
  };
}

async function stream({ simulator, token }: TestTrader, { web }: Doors): Promise<StreamClient> {
  const url = `${web}/api/v1/simulators/${simulator.simulatorId}/stream`;
  const client = await StreamClient.open(url, { authorization: `Bearer ${token}` });
  clients.push(client);
  await client.until('snapshot');
  return client;
}

/** They mostly wait, each on its own trader: side by side. */
describe.concurrent('a trader who goes away', () => {
  test('a session without a stream or a heartbeat is gone after its grace, and is told on return', async ({
    expect,
  }) => {
    const ada = await someone();
    const { guard, stream, cancels, session } = ada;
    expect((await guard('cancelExceptGtc')).body.cancelOnDisconnect).toEqual({
      mode: 'cancelExceptGtc',
      graceSeconds: GRACE_SECONDS,
      fired: null,
    });
    const client = await stream();
    await sleep((GRACE_SECONDS + 2) * 1_000);
    expect(cancels()).toEqual([]);
    client.close();
    const closedAt = performance.now();
    await expect.poll(cancels, { timeout: 12_000 }).toHaveLength(1);
    expect(performance.now() - closedAt).toBeGreaterThan(GRACE_SECONDS * 1_000 - 200);
    const [{ command, token }] = cancels() as [(typeof doors.worker.received)[0]];
    expect(command.body).toMatchObject({ cause: 'disconnect', keepGtc: true, symbol: null });
    expect(command.commandId).toMatch(/^cod-1-/);
    expect((await doors.broker.tokens.verify(token)).userId).toBe('operator');
    await sleep(2_000);
    expect(cancels()).toHaveLength(1);
    const { body } = await ada.call('POST', '/sessions', {
      resume: session,
      resumeCounter: 1,
    });
    expect(body.cancelOnDisconnect).toMatchObject({
      mode: 'cancelExceptGtc',
      fired: { simulators: 1, detail: expect.stringMatching(/no heartbeat came/) },
    });
    // Back, and gone once more: that is another disconnect.
    await expect.poll(cancels, { timeout: 12_000 }).toHaveLength(2);
    await guard('off');
  });

  test('heartbeats alone keep it; switched off it never fires', async ({ expect }) => {
    const ada = await someone();
    const { guard, look, cancels, session } = ada;
    await guard('cancel');
    for (let sequence = 1; sequence <= 8; sequence++) {
      await ada.call('POST', `/sessions/${session}/heartbeat`, { sequence });
      await sleep(1_000);
    }
    await guard('off');
    await sleep((GRACE_SECONDS + 1.5) * 1_000);
    expect(cancels()).toEqual([]);
    expect(await look()).toMatchObject({ mode: 'off', fired: null });
  });

  test('closing the session is leaving for good', async ({ expect }) => {
    const ada = await someone();
    const { guard, stream, cancels, session } = ada;
    await guard('cancel', 300);
    await stream();
    expect((await ada.call('DELETE', `/sessions/${session}`)).body).toMatchObject({
      state: 'closed',
      cancelOnDisconnect: { mode: 'off', fired: { simulators: 1 } },
    });
    await expect.poll(cancels).toHaveLength(1);
    expect((await guard('cancel')).status).toBe(409);
  });

  test('a stranger cannot set it, and what is wrong is named', async ({ expect }) => {
    const ada = await someone();
    const { guard, session } = ada;
    const stranger = await doors.trader();
    const patch = { cancelOnDisconnect: { mode: 'cancel' } };
    expect((await stranger.call('PATCH', `/sessions/${session}`, patch)).status).toBe(404);
    expect(await guard('cancel', 4)).toMatchObject({
      status: 422,
      body: { errors: [{ path: 'cancelOnDisconnect.graceSeconds' }] },
    });
    expect(await guard('sometimes')).toMatchObject({ status: 422 });
  });

  test('a dead-man timer that is not renewed cancels all, once; a renewed or stopped one nothing', async ({
    expect,
  }) => {
    const ada = await someone();
    const { stream, cancels } = ada;
    const path = `/simulators/${ada.simulator.simulatorId}/dead-man`;
    const set = (timeoutSeconds: number) => ada.call('PUT', path, { timeoutSeconds });
    const never = { timeoutSeconds: 0, expiresAt: null, expiredAt: null };
    expect((await ada.call('GET', path)).body).toEqual(never);
    await stream();
    for (let i = 0; i < 4; i++) {
      expect(await set(3)).toMatchObject({ status: 200, body: { timeoutSeconds: 3 } });
      await sleep(1_000);
    }
    expect((await set(0)).body).toEqual(never);
    await sleep(4_000);
    expect(cancels()).toEqual([]);
    const { expiresAt } = (await set(2)).body;
    // The stream is open all the while: it is no renewal.
    await expect.poll(cancels, { timeout: 6_000 }).toHaveLength(1);
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(expiresAt));
    expect(cancels()[0]?.command).toMatchObject({
      commandId: expect.stringMatching(/^dms-\d+-/),
      body: { cause: 'deadMan', keepGtc: false },
    });
    await expect
      .poll(async () => (await ada.call('GET', path)).body)
      .toMatchObject({ timeoutSeconds: 2, expiresAt: null, expiredAt: expect.any(String) });
    await sleep(2_500);
    expect(cancels()).toHaveLength(1);
    expect((await set(2)).body.expiresAt).not.toBeNull();
    await expect.poll(cancels, { timeout: 6_000 }).toHaveLength(2);
    const stranger = await doors.trader();
    expect((await stranger.call('PUT', path, { timeoutSeconds: 1 })).status).toBe(404);
    expect((await set(3_601)).status).toBe(422);
  });

  test('a program renews its timer over NATS, with its token and for its own simulators only', async ({
    expect,
  }) => {
    const ada = await someone();
    const { cancels } = ada;
    const path = `/simulators/${ada.simulator.simulatorId}/dead-man`;
    const stranger = await doors.trader();
    const say = (token: string, accountId = ada.accountId) =>
      doors.broker.bus.announce(
        subjects.deadMan({ ...ada.simulator, accountId }),
        new Uint8Array(),
        {
          [HEADERS.authorization]: token,
        },
      );
    await ada.call('PUT', path, { timeoutSeconds: 3 });
    for (let i = 0; i < 6; i++) {
      say(ada.token);
      await sleep(1_000);
    }
    expect(cancels()).toEqual([]);
    const armedAt = performance.now();
    await ada.call('PUT', path, { timeoutSeconds: 3 });
    const others = setInterval(() => {
      say(stranger.token);
      say(stranger.token, stranger.accountId);
      say('forged');
    }, 500);
    await expect.poll(cancels, { timeout: 8_000 }).toHaveLength(1);
    clearInterval(others);
    expect(performance.now() - armedAt).toBeLessThan(6_000);
  });
});

test('another gateway hears the trader, too; a new one takes over what was left', async () => {
  const ada = await someone();
  const { guard, stream, cancels, session } = ada;
  const other = await openDoors({
    SANDPIT_NAMESPACE: doors.broker.namespace,
  });
  let stopped = false;
  try {
    await expect
      .poll(() => doors.broker.registry.nodes.list({}).length, { timeout: 8_000 })
      .toBe(2);
    await guard('cancel');
    const client = await stream(other);
    // Postgres has not heard of the stream, as after an outage: the other process is asked.
    await doors.broker.database
      .updateTable('cancel_guards')
      .set({ due_at: new Date(Date.now() - 60_000) })
      .where('subject_id', '=', session)
      .execute();
    await sleep(1_500);
    expect(cancels()).toEqual([]);
    client.close();
    stopped = true;
    await other.stop();
    await expect.poll(cancels, { timeout: 12_000 }).toHaveLength(1);
  } finally {
    if (!stopped) await other.stop();
    await guard('off');
  }
});
