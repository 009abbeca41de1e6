/**
 * Every subject of the house, in one place.
 *
 * `sandpit.v1.<kind>.<shard>.<account>.<simulator>[.<symbol>.<channel>]`: the two wildcards
 * `sandpit.v1.live.*.<account>.>` and `sandpit.v1.md.*.<account>.>` are one customer's whole world.
 */
import type { CommandType } from '@sandpit/schemas/command.ts';
import type { MarketDataChannel } from '@sandpit/schemas/market-data.ts';

export const SHARD_COUNT = 64;
const ROOT = 'sandpit.v1';

export type SubjectKind = 'cmd' | 'evt' | 'live' | 'snap' | 'md' | 'aud' | 'dlq';

export interface SimulatorAddress {
  accountId: string;
  simulatorId: string;
}

/** Shard of a simulator: FNV-1a (32 bit) of its id, modulo 64. */
export function shardOf(simulatorId: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < simulatorId.length; i++) {
    hash ^= simulatorId.charCodeAt(i);
    hash = Math.imul(hash, 0x01000193);
  }
  return (hash >>> 0) % SHARD_COUNT;
}

/**
 * Where a command waits. What reduces risk has a lane of its own, which a flood of orders cannot fill;
 * they are read as one queue, in the order in which they were stored.
 */
export type CommandLane = 'order' | 'cancel';

const CANCEL_LANE: ReadonlySet<CommandType> = new Set<CommandType>([
  'cancelOrder',
  'cancelAll',
  'cancelList',
  'killSwitch',
  'stop',
]);

export const laneOf = (type: CommandType): CommandLane =>
  CANCEL_LANE.has(type) ? 'cancel' : 'order';

const of = (kind: SubjectKind) => (address: SimulatorAddress) =>
  `${ROOT}.${kind}.${shardOf(address.simulatorId)}.${address.accountId}.${address.simulatorId}`;

export const subjects = {
  /** Where a command of the type is stored. */
  command: (address: SimulatorAddress, type: CommandType) =>
    `${of('cmd')(address)}.${laneOf(type)}`,
  /** All of a simulator's commands, in both lanes. */
  commands: (address: SimulatorAddress) => `${of('cmd')(address)}.*`,
  event: of('evt'),
  live: of('live'),
  snapshot: of('snap'),
  deadLetter: of('dlq'),
  /** Where a trader's own program renews the dead-man timer of a simulator; not stored. */
  deadMan: ({ accountId, simulatorId }: SimulatorAddress) =>
    `${ROOT}.dms.${accountId}.${simulatorId}`,
  deadMen: () => `${ROOT}.dms.*.*`,
  /** Where doors hear what traders' own programs ask; not stored. */
  requests: () => `${ROOT}.req.*.*.*`,
  request: ({ accountId, simulatorId }: SimulatorAddress, operation: string) =>
    `${ROOT}.req.${accountId}.${simulatorId}.${operation}`,
  /** Where every answer to requests about the simulator goes, whoever asked; not stored. */
  response: ({ accountId, simulatorId }: SimulatorAddress) =>
    `${ROOT}.rsp.${accountId}.${simulatorId}`,
  audit: (area: string) => `${ROOT}.aud.${area}`,
  marketData: (address: SimulatorAddress, symbol: string, channel: MarketDataChannel) =>
    `${of('md')(address)}.${symbol}.${channel}`,
  /** Everything of a kind, or of one shard of it. */
  all: (kind: SubjectKind, shard?: number) => `${ROOT}.${kind}.${shard ?? '*'}.>`,
  /** Everything of a kind that belongs to one account. */
  ofAccount: (kind: SubjectKind, accountId: string) => `${ROOT}.${kind}.*.${accountId}.>`,
};

export interface ParsedSubject extends SimulatorAddress {
  kind: SubjectKind;
  shard: number;
  symbol?: string;
  channel?: MarketDataChannel;
}

/** The parts of a simulator's subject; null when it is none. */
export function parseSubject(subject: string): ParsedSubject | null {
  const [root, version, kind, shard, accountId, simulatorId, symbol, channel] = subject.split('.');
  if (`${root}.${version}` !== ROOT || !accountId || !simulatorId) return null;
  const parsed: ParsedSubject = {
    kind: kind as SubjectKind,
    shard: Number(shard),
    accountId,
    simulatorId,
  };
  if (symbol && channel) {
    parsed.symbol = symbol;
    parsed.channel = channel as MarketDataChannel;
  }
  return parsed;
}

/** Whose timer a renewal is for; null when the subject is none. */
export function parseDeadMan(subject: string): SimulatorAddress | null {
  const [root, version, kind, accountId, simulatorId, ...more] = subject.split('.');
  if (`${root}.${version}` !== ROOT || kind !== 'dms' || more.length > 0) return null;
  return accountId && simulatorId ? { accountId, simulatorId } : null;
}

export interface RequestSubject extends SimulatorAddress {
  operation: string;
}

/** What a request is about; null when the subject is none. */
export function parseRequest(subject: string): RequestSubject | null {
  const [root, version, kind, accountId, simulatorId, operation, ...more] = subject.split('.');
  if (`${root}.${version}` !== ROOT || kind !== 'req' || more.length > 0) return null;
  return accountId && simulatorId && operation ? { accountId, simulatorId, operation } : null;
}
