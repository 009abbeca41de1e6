/** A standing pull against a server that is silent, and what it sent before it was. */
import type { Msg, NatsConnection } from 'nats';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Pull } from './pull.ts';

interface Inbox {
  subject: string;
  deliver: (message: Partial<Msg>) => void;
  isOpen: boolean;
}

let inboxes: Inbox[];
let requests: string[];
let heard: string[];
let lost: unknown[];
let confirm: () => Promise<void>;
let pull: Pull;

beforeEach(() => {
  vi.useFakeTimers();
  [inboxes, requests, heard, lost] = [[], [], [], []];
  confirm = async () => {};
  const nc = {
    subscribe(subject: string, { callback }: { callback: (error: null, message: Msg) => void }) {
      const inbox: Inbox = {
        subject,
        deliver: (message) => inbox.isOpen && callback(null, message as Msg),
        isOpen: true,
      };
      inboxes.push(inbox);
      return { unsubscribe: () => (inbox.isOpen = false) };
    },
    publish: (_: string, __: Uint8Array, { reply }: { reply: string }) => requests.push(reply),
  } as unknown as NatsConnection;
  pull = new Pull(nc, {
    stream: 'COMMANDS',
    consumer: 's-1-1',
    inboxPrefix: '_INBOX',
    batch: 64,
    onMessage: ({ subject }) => heard.push(subject),
    confirm: () => confirm(),
    onLost: (error) => lost.push(error),
  });
});
afterEach(() => {
  pull.stop();
  vi.useRealTimers();
});

const command = (subject: string): Partial<Msg> => ({ subject });
const status = (code: number, description: string): Partial<Msg> =>
  ({ subject: 'status', headers: { code, description } }) as Partial<Msg>;

test('after a silence it asks anew, under another inbox', async () => {
  await vi.advanceTimersByTimeAsync(4_000);
  expect(inboxes.length).toBeGreaterThan(1);
  expect(requests).toEqual(inboxes.map(({ subject }) => subject));
  expect(lost).toEqual([]);
});

test('what the server had sent to the inbox before is worked on, once', async () => {
  await vi.advanceTimersByTimeAsync(3_100);
  expect(inboxes).toHaveLength(2);
  inboxes[0]!.deliver(command('late'));
  inboxes[1]!.deliver(command('next'));
  expect(heard).toEqual(['late', 'next']);
});

test('what the inbox before says of its own request changes nothing', async () => {
  await vi.advanceTimersByTimeAsync(3_100);
  inboxes[0]!.deliver(status(408, 'Request Timeout'));
  inboxes[0]!.deliver(status(409, 'Consumer Deleted'));
  expect(requests).toHaveLength(2);
  expect(lost).toEqual([]);
});

test('at most two inboxes are open, and none when it has stopped', async () => {
  await vi.advanceTimersByTimeAsync(20_000);
  expect(inboxes.length).toBeGreaterThan(3);
  expect(inboxes.filter(({ isOpen }) => isOpen)).toHaveLength(2);
  pull.stop();
  expect(inboxes.filter(({ isOpen }) => isOpen)).toEqual([]);
});

test('a consumer that is gone is told once, and nothing is heard of it any more', async () => {
  confirm = () => Promise.reject(new Error('not found'));
  await vi.advanceTimersByTimeAsync(10_000);
  expect(lost).toHaveLength(1);
  inboxes[0]!.deliver(command('after'));
  expect(heard).toEqual([]);
});
