/**
 * Who may say and hear what on NATS, and nothing more. One table; the tests try what is not in it.
 *
 * The log is written by workers alone and commands by the doors alone, so neither can play the other.
 * Each role has its own reply prefix, or it could read everybody's answers.
 */
import type { StreamName } from '../streams.ts';

/** `archivist` is no process: an operator's command uses it to rewrite or shorten a log. */
export type Role = 'doors' | 'worker' | 'operator' | 'archivist';

export interface RolePermissions {
  publish: string[];
  subscribe: string[];
}

type StoredIn = StreamName | 'KV_LEASES' | 'KV_KEYS' | 'KV_SCENARIOS';

const STREAMS: StoredIn[] = [
  'COMMANDS',
  'EVENTS',
  'SNAPSHOTS',
  'AUDIT',
  'DEADLETTERS',
  'KV_LEASES',
  'KV_KEYS',
  'KV_SCENARIOS',
];
const BUCKETS: StoredIn[] = ['KV_LEASES', 'KV_KEYS', 'KV_SCENARIOS'];

export const inboxPrefixOf = (role: Role) => `_INBOX_${role}`;

/** Newest message, ranges and watches of a stream: what reading takes on the JetStream API. */
const reading = (streams: StoredIn[]) =>
  streams.flatMap((stream) => [
    `$JS.API.STREAM.MSG.GET.${stream}`,
    `$JS.API.CONSUMER.CREATE.${stream}.>`,
    `$JS.API.CONSUMER.INFO.${stream}.*`,
    `$JS.API.CONSUMER.DELETE.${stream}.*`,
    `$JS.API.CONSUMER.MSG.NEXT.${stream}.*`,
  ]);

const LOOKING = ['$JS.API.STREAM.INFO.*'];
const creating = () => STREAMS.map((stream) => `$JS.API.STREAM.CREATE.${stream}`);
const changing = () => STREAMS.map((stream) => `$JS.API.STREAM.UPDATE.${stream}`);

export const PERMISSIONS: Record<Role, RolePermissions> = {
  doors: {
    publish: [
      'sandpit.v1.cmd.>',
      // Answers to traders' programs: a fixed subject of their account, never one that they name.
      'sandpit.v1.rsp.*.*',
      'sandpit.v1.aud.>',
      '$KV.KEYS.>',
      '$KV.SCENARIOS.>',
      ...LOOKING,
      ...creating(),
      ...reading(['EVENTS', 'AUDIT', ...BUCKETS]),
      '$JS.ACK.EVENTS.>',
    ],
    subscribe: [
      'sandpit.v1.live.>',
      'sandpit.v1.md.>',
      'sandpit.v1.dms.*.*',
      'sandpit.v1.req.*.*.*',
      `${inboxPrefixOf('doors')}.>`,
    ],
  },
  worker: {
    publish: [
      'sandpit.v1.evt.>',
      'sandpit.v1.snap.>',
      'sandpit.v1.md.>',
      'sandpit.v1.dlq.>',
      'sandpit.v1.aud.>',
      '$KV.LEASES.>',
      ...LOOKING,
      ...reading(['COMMANDS', 'EVENTS', 'SNAPSHOTS', ...BUCKETS]),
      '$JS.ACK.COMMANDS.>',
      // What a snapshot covers need not wait in the queue any more.
      '$JS.API.STREAM.PURGE.COMMANDS',
    ],
    // Commands are heard as a hint that a simulator wants to be loaded; they are read from the stream.
    subscribe: ['sandpit.v1.cmd.>', `${inboxPrefixOf('worker')}.>`],
  },
  operator: {
    publish: [
      // What operators do is told, too; nothing else is theirs to say.
      'sandpit.v1.aud.ops',
      ...LOOKING,
      '$JS.API.INFO',
      '$JS.API.STREAM.NAMES',
      '$JS.API.STREAM.LIST',
      '$JS.API.CONSUMER.NAMES.*',
      '$JS.API.CONSUMER.LIST.*',
      ...creating(),
      ...changing(),
      ...reading(STREAMS),
    ],
    subscribe: [
      'sandpit.v1.live.>',
      'sandpit.v1.md.>',
      '$JS.EVENT.ADVISORY.>',
      `${inboxPrefixOf('operator')}.>`,
    ],
  },
  archivist: {
    publish: [
      'sandpit.v1.evt.>',
      ...LOOKING,
      ...reading(['EVENTS', 'SNAPSHOTS']),
      '$JS.API.STREAM.PURGE.EVENTS',
    ],
    subscribe: [`${inboxPrefixOf('archivist')}.>`],
  },
};

/**
 * What a trader's own programs may hear and say. They say that they are there, for the dead-man timers
 * of their account, and ask the doors; either counts only with an access token. The server fills in the
 * account from the credential's tag, so the key that signs such credentials can make nothing else.
 */
export const TRADER_TEMPLATE = {
  subscribe: [
    'sandpit.v1.live.*.{{tag(account)}}.>',
    'sandpit.v1.md.*.{{tag(account)}}.>',
    'sandpit.v1.rsp.{{tag(account)}}.*',
    // A template fills whole tokens only.
    '_INBOX.{{subject()}}.>',
  ],
  publish: ['sandpit.v1.dms.{{tag(account)}}.*', 'sandpit.v1.req.{{tag(account)}}.*.*'],
  subscriptionsMax: 64,
  /** A request of `REQUEST_BYTES_MAX` and its headers, an access token among them. */
  payloadBytesMax: 20 * 1024,
};

/** The subjects that it may hear, with the account filled in. */
export const traderSubjects = (accountId: string): string[] => [
  `sandpit.v1.live.*.${accountId}.>`,
  `sandpit.v1.md.*.${accountId}.>`,
  `sandpit.v1.rsp.${accountId}.*`,
];
