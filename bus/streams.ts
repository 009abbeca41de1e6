/**
 * The streams and buckets of the house: what each holds, for how long, and what it refuses.
 *
 * `ensureStreams` compares what the server says it stores with what was asked: an older server drops
 * fields it does not know without a word, and a log without its fence must not start.
 */
import { type BucketName, BusError } from './bus.ts';

export type StreamName = 'COMMANDS' | 'EVENTS' | 'SNAPSHOTS' | 'AUDIT' | 'DEADLETTERS';

/** A stream's configuration in the server's own words (JetStream API, snake case, ns). */
export interface StreamConfiguration {
  name: string;
  subjects: string[];
  [field: string]: unknown;
}

export interface StreamSettings {
  /** Copies of each stream: 1 on one server, 3 in a cluster. */
  replicas: number;
  /** Multiplies every byte limit; the limits add up to about 3 GiB at 1. */
  storageScale: number;
}

const NS_PER_SECOND = 1_000_000_000;
const MIB = 1024 * 1024;
/** How long the server recognises a message id. */
const DUPLICATE_WINDOW_NS = 120 * NS_PER_SECOND;
/** Positive on purpose: newer servers take -1 to mean their own default of 1,000. */
const CONSUMERS_MAX = 100_000;
/** Commands a simulator may have waiting before the server refuses more. */
export const COMMANDS_PER_SIMULATOR_MAX = 2_000;

function stream(
  name: StreamName,
  kind: string,
  { replicas, storageScale }: StreamSettings,
  { max_mib, ...rules }: { max_mib: number; [field: string]: unknown },
): StreamConfiguration {
  return {
    name,
    subjects: [`sandpit.v1.${kind}.>`],
    storage: 'file',
    retention: 'limits',
    discard: 'new',
    num_replicas: replicas,
    max_bytes: Math.ceil(max_mib * MIB * storageScale),
    max_consumers: CONSUMERS_MAX,
    duplicate_window: DUPLICATE_WINDOW_NS,
    ...rules,
  };
}

export function streamConfigurations(settings: StreamSettings): StreamConfiguration[] {
  return [
    stream('COMMANDS', 'cmd', settings, {
      max_mib: 512,
      max_age: 24 * 3600 * NS_PER_SECOND,
      max_msg_size: 16 * 1024,
      max_msgs_per_subject: COMMANDS_PER_SIMULATOR_MAX,
      discard_new_per_subject: true,
    }),
    // No age limit and no discarding of old records: the log is the truth.
    stream('EVENTS', 'evt', settings, {
      max_mib: 1536,
      max_msg_size: 256 * 1024,
      deny_delete: true,
      republish: { src: 'sandpit.v1.evt.>', dest: 'sandpit.v1.live.>' },
    }),
    stream('SNAPSHOTS', 'snap', settings, {
      max_mib: 768,
      max_msg_size: 4 * MIB,
      max_msgs_per_subject: 2,
      discard: 'old',
    }),
    stream('AUDIT', 'aud', settings, { max_mib: 96, deny_delete: true, deny_purge: true }),
    stream('DEADLETTERS', 'dlq', settings, { max_mib: 96, deny_delete: true, deny_purge: true }),
    ...(['LEASES', 'KEYS', 'SCENARIOS'] as const).map((name) =>
      bucketConfiguration(name, settings),
    ),
  ];
}

/** Stream behind a bucket: the layout of NATS key-value stores (ADR-8), so their tools can read it. */
function bucketConfiguration(name: BucketName, settings: StreamSettings): StreamConfiguration {
  return {
    name: `KV_${name}`,
    subjects: [`$KV.${name}.>`],
    storage: 'file',
    retention: 'limits',
    discard: 'new',
    num_replicas: settings.replicas,
    max_bytes: 32 * MIB * settings.storageScale,
    max_msgs_per_subject: 1,
    max_consumers: CONSUMERS_MAX,
    deny_delete: true,
    allow_rollup_hdrs: true,
    duplicate_window: DUPLICATE_WINDOW_NS,
  };
}

/** Whoever can ask the JetStream API: `subject` without the `$JS.API.` prefix. */
export interface JetStreamApi {
  /** @throws BusError with `cause.err_code` from the server. */
  request(subject: string, body?: unknown): Promise<Record<string, unknown>>;
}

const isAbsent = (error: unknown) =>
  error instanceof BusError && (error.cause as { code?: number } | undefined)?.code === 404;

/**
 * Creates what is missing, updates what differs, and proves that the server stores what was asked.
 * Writes nothing when all is as it should be, so a role without the right to create may call it.
 *
 * @throws BusError `refused` naming stream and field when the server keeps another value.
 */
export async function ensureStreams(
  { api }: { api: JetStreamApi },
  settings: Partial<StreamSettings> = {},
): Promise<void> {
  for (const wanted of streamConfigurations({ replicas: 1, storageScale: 1, ...settings })) {
    await ensureStream(api, wanted);
  }
}

export async function ensureStream(api: JetStreamApi, wanted: StreamConfiguration): Promise<void> {
  const stored = await storedConfiguration(api, wanted.name);
  if (stored && differences(wanted, stored).length === 0) return;
  const verb = stored ? 'UPDATE' : 'CREATE';
  const answer = await api.request(`STREAM.${verb}.${wanted.name}`, { ...stored, ...wanted });
  const echoed = answer.config as Record<string, unknown>;
  const wrong = differences(wanted, echoed);
  if (wrong.length === 0) return;
  throw new BusError(
    'refused',
    `Stream ${wanted.name}: the server does not keep ${wrong.join(', ')}. ` +
      'It is too old for this field or bounded by its own limits; see docs/nats.md.',
  );
}

async function storedConfiguration(api: JetStreamApi, name: string) {
  try {
    return (await api.request(`STREAM.INFO.${name}`)).config as Record<string, unknown>;
  } catch (error) {
    if (isAbsent(error)) return null;
    throw error;
  }
}

/** Fields whose stored value is not the wanted one, as text; what was not asked for is ignored. */
export function differences(
  wanted: Record<string, unknown>,
  stored: Record<string, unknown>,
): string[] {
  return Object.entries(wanted)
    .filter(([field, value]) => !isKept(value, stored[field]))
    .map(
      ([field, value]) =>
        `${field} (asked ${JSON.stringify(value)}, has ${JSON.stringify(stored[field])})`,
    );
}

/** The server leaves out false, zero and empty. */
function isKept(wanted: unknown, stored: unknown): boolean {
  if (stored === undefined) return !wanted;
  if (wanted === null || typeof wanted !== 'object') return wanted === stored;
  if (stored === null || typeof stored !== 'object') return false;
  return Object.entries(wanted).every(([key, value]) =>
    isKept(value, (stored as Record<string, unknown>)[key]),
  );
}
