/** Who is where: the open streams of all gateways, and how they are ended. */
import type { CancelOnDisconnect, DrillAnswer, OpenStreamView } from '@sandpit/schemas/http.ts';
import { Id } from '@sandpit/schemas/units.ts';
import type { Service, ServiceBroker } from 'moleculer';
import Type from 'typebox';
import { openAction } from '../platform/action.ts';
import { askOthers } from '../platform/mesh.ts';
import { type OpenStream, presenceOf } from '../platform/presence.ts';

const STREAMS = 'sessions.streams';
const END_STREAMS = 'sessions.endStreams';

const closed = { additionalProperties: false };
const OfAccount = Type.Object({ accountId: Id }, closed);
const End = Type.Object(
  { sessionId: Id, reason: Id, retryMs: Type.Integer({ minimum: 0, maximum: 60_000 }) },
  closed,
);
type End = Type.Static<typeof End>;

interface Located extends OpenStreamView {
  sessionId: string;
}

const viewOf = ({ sessionId, simulatorId, transport, openedAtMs }: OpenStream): Located => ({
  sessionId,
  simulatorId,
  transport,
  openedAt: new Date(openedAtMs).toISOString(),
});

const streamsHere = (broker: ServiceBroker, accountId: string): Located[] =>
  presenceOf(broker)
    .all()
    .filter((each) => each.accountId === accountId)
    .map(viewOf);

function endHere(broker: ServiceBroker, { sessionId, reason, retryMs }: End): Located[] {
  const streams = presenceOf(broker).ofSession(sessionId);
  for (const stream of streams) stream.end(reason, retryMs);
  return streams.map(viewOf);
}

/** Inside the mesh only: what this process knows and does. */
export const streamActions = {
  streams: openAction<typeof OfAccount, Service>({
    params: OfAccount,
    async handler({ params }) {
      const { accountId } = params as Type.Static<typeof OfAccount>;
      return { items: streamsHere(this.broker, accountId) };
    },
  }),
  endStreams: openAction<typeof End, Service>({
    params: End,
    async handler({ params }) {
      return { items: endHere(this.broker, params as End) };
    },
  }),
};

/** Streams of the account by session, oldest first; `complete` is false when a gateway was silent. */
export async function openStreams(
  broker: ServiceBroker,
  accountId: string,
): Promise<{ bySession: Map<string, OpenStreamView[]>; complete: boolean }> {
  const others = await askOthers<{ items: Located[] }>(broker, STREAMS, { accountId });
  const all = [...streamsHere(broker, accountId), ...others.answers.flatMap(({ items }) => items)];
  all.sort((a, b) => a.openedAt.localeCompare(b.openedAt));
  const groups = Map.groupBy(all, ({ sessionId }) => sessionId);
  const bySession = new Map(
    [...groups].map(([id, streams]) => [id, streams.map(({ sessionId: _, ...view }) => view)]),
  );
  return { bySession, complete: others.silent.length === 0 };
}

/** Cuts all streams of a session, wherever they are, and says what follows from it. */
export async function drill(
  broker: ServiceBroker,
  sessionId: string,
  seconds: number,
  guard: CancelOnDisconnect,
): Promise<DrillAnswer> {
  const request: End = { sessionId, reason: 'drill', retryMs: seconds * 1_000 };
  const others = await askOthers<{ items: Located[] }>(broker, END_STREAMS, request);
  const ended = [...endHere(broker, request), ...others.answers.flatMap(({ items }) => items)];
  const endedAtMs = Date.now();
  const { mode, graceSeconds } = guard;
  const cancelsAt = mode === 'off' ? null : iso(endedAtMs + graceSeconds * 1_000);
  const orders = cancelsAt
    ? `Open orders are canceled ${graceSeconds} s after the last sign of life, unless there is one before.`
    : 'Open orders stay: cancel on disconnect is off.';
  const streams = ended.length === 1 ? '1 stream was ended' : `${ended.length} streams were ended`;
  return {
    streams: ended.map(({ sessionId: _, ...view }) => view),
    endedAt: iso(endedAtMs),
    comeBackAt: iso(endedAtMs + request.retryMs),
    cancelsAt,
    detail: `${streams}; clients were told to come back after ${seconds} s. ${orders}`,
  };
}

const iso = (ms: number) => new Date(ms).toISOString();
