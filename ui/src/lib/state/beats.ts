/** The heartbeats of an open desk: what they tell, and which way they go. */
import type { HeartbeatAnswer, Simulator as SimulatorView } from '@sandpit/schemas/http.ts';
import type { Commands } from '../client/commands.ts';
import type { LiveStream } from '../client/live-stream.ts';
import type { Session } from './session.svelte.ts';

/** Over the socket while there is one, if the session is the simulator's; else as REST. */
export function beatFor(
  desk: { readonly view: SimulatorView | null },
  session: Session,
  stream: Pick<LiveStream, 'feedAgeMs' | 'sequence'>,
  commands: Pick<Commands, 'line'>,
): void {
  session.beat(
    () => {
      const feedAgeMs = Math.max(0, Math.round(stream.feedAgeMs));
      const { sequence } = stream;
      return sequence === null ? { feedAgeMs } : { feedAgeMs, lastEventSequence: sequence };
    },
    (body) => {
      const isOurs = desk.view?.sessionId === session.current?.id;
      return (isOurs && commands.line?.ask<HeartbeatAnswer>('heartbeat', { body })) || null;
    },
  );
}
