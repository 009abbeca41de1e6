import { expect, test } from 'vitest';
import { type AppendOutcome, NatsTap } from './nats-tap.ts';

const APPEND = 'sandpit.v1.evt.7.acc.sim';

const published = (subject: string, reply: string, payload = '{"n":1}') => {
  const headers = 'NATS/1.0\r\nNats-Msg-Id: a\r\n\r\n';
  const sizes = `${headers.length} ${headers.length + payload.length}`;
  return `HPUB ${subject} ${reply} ${sizes}\r\n${headers}${payload}\r\n`;
};
const answer = (reply: string, body: object | string) => {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return `MSG ${reply} 1 ${text.length}\r\n${text}\r\n`;
};
const refusal = { error: { code: 400, err_code: 10071, description: 'wrong last sequence: 9' } };

/** @param step  Bytes that come at once. */
function hears(toServer: string, toClient: string, step: number): AppendOutcome[] {
  const heard: AppendOutcome[] = [];
  const tap = new NatsTap((outcome) => heard.push(outcome));
  for (const [way, text] of [
    ['toServer', toServer],
    ['toClient', toClient],
  ] as const) {
    for (let i = 0; i < text.length; i += step) {
      tap.passed(way, Buffer.from(text.slice(i, i + step)));
    }
  }
  return heard;
}

test.each([1, 7, 100_000])('tells what became of each append, %i bytes at a time', (step) => {
  const toServer =
    'CONNECT {"verbose":false}\r\nPING\r\nSUB _INBOX.* 1\r\n' +
    published(APPEND, '_INBOX.a') +
    // Payloads may look like anything.
    published(APPEND, '_INBOX.b', `PUB ${APPEND} _INBOX.x 3\r\n\r\n`) +
    published(APPEND, '_INBOX.c') +
    published(APPEND, '_INBOX.d');
  const toClient =
    'INFO {}\r\nPONG\r\n' +
    answer('_INBOX.a', { stream: 'EVENTS', seq: 9 }) +
    answer('_INBOX.b', { stream: 'EVENTS', seq: 9, duplicate: true }) +
    answer('_INBOX.c', refusal) +
    answer('_INBOX.d', { error: { code: 503, err_code: 10077 } });
  expect(hears(toServer, toClient, step)).toEqual(['stored', 'duplicate', 'refused', 'failed']);
});

test('a lease that somebody else has renewed is no refused append', () => {
  const toServer = `${published('$KV.LEASES.shard.7', '_INBOX.a')}PUB sandpit.v1.md.x 2\r\n{}\r\n`;
  expect(hears(toServer, answer('_INBOX.a', refusal), 1_000)).toEqual([]);
});

test('no responders: headers, and nothing in it', () => {
  const status = 'NATS/1.0 503\r\n\r\n';
  const toClient = `HMSG _INBOX.a 1 ${status.length} ${status.length}\r\n${status}\r\n`;
  expect(hears(published(APPEND, '_INBOX.a'), toClient, 1_000)).toEqual(['failed']);
});

test('where bytes are missing it hears no more, and says nothing wrong', () => {
  const cut = published(APPEND, '_INBOX.a').slice(0, -20) + published(APPEND, '_INBOX.b');
  const toClient = answer('_INBOX.a', refusal) + answer('_INBOX.b', refusal);
  expect(hears(cut, toClient, 1_000).length).toBeLessThanOrEqual(1);
});
