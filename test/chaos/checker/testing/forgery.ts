/** Changes a sound history in one place, for tests of the laws that must find it. */
import type { EventRecord } from '@sandpit/schemas/record.ts';
import { sealRecord } from '../../../../services/simulator/runtime/record.ts';
import type {
  ClientRecording,
  Connection,
  LawId,
  RecordedFrame,
  SimulatorHistory,
  Stored,
} from '../history.ts';

export type Records = Stored<EventRecord>[];
export type Change = Partial<SimulatorHistory>;
/** What was done, the law that it breaks, and the change. */
export type Corruption = [string, LawId, (history: SimulatorHistory) => Change];

export const isOrder = ({ commands, events }: EventRecord) =>
  commands[0]?.command.body.type === 'newOrder' && events.length > 0;
export const hasFill = ({ events }: EventRecord) =>
  events.some(({ type }) => type === 'orderFilled');

/** Changes one record and seals it and all after it anew: the chain holds, the content is wrong. */
export function forge(
  { records }: SimulatorHistory,
  which: (record: EventRecord) => boolean,
  change: (record: EventRecord) => Partial<EventRecord>,
): Change {
  const at = records.findIndex(({ body }) => which(body));
  if (at < 0) throw new Error('no record to forge');
  const forged: Records = [];
  for (const [i, { sequence, body }] of records.entries()) {
    const { hash: _, ...content } = structuredClone(body);
    const changed = i === at ? { ...content, ...change(structuredClone(body)) } : content;
    const previousHash = forged.at(-1)?.body.hash ?? content.previousHash;
    forged.push({ sequence, body: sealRecord({ ...changed, previousHash }).record });
  }
  return { records: forged };
}

/** Changes the frames of the second connection of the only client. */
export function reframe(
  { clients }: SimulatorHistory,
  change: (frames: RecordedFrame[]) => RecordedFrame[],
  more: Partial<Connection> = {},
): { clients: ClientRecording[] } {
  const [client] = clients as [ClientRecording];
  const [first, second] = client.connections as [Connection, Connection];
  const frames = change(structuredClone([...second.frames]));
  return { clients: [{ ...client, connections: [first, { ...second, ...more, frames }] }] };
}

const nOf = ({ data }: RecordedFrame) => data.n as number;
export const ofRecord = (n: number) => (frame: RecordedFrame) =>
  frame.id !== null && nOf(frame) === n;
export const edited = (
  which: (frame: RecordedFrame) => boolean,
  edit: (frame: RecordedFrame) => Partial<RecordedFrame>,
) => {
  return (frames: RecordedFrame[]) => {
    const at = frames.findIndex(which);
    if (at < 0) throw new Error('no frame to edit');
    return frames.with(at, { ...frames[at]!, ...edit(frames[at]!) });
  };
};

export const rearchive = ({ archive }: SimulatorHistory, change: object): Change => ({
  archive: { ...archive!, ...change },
});
