/** A stream of the hub as a lab sees it. */
import type { LabRecord } from '../../platform/labs.ts';
import type { Attachment } from '../sse/attachment.ts';
import { frame } from '../sse/frame.ts';
import type { Stream } from '../sse/stream.ts';
import type { FaultyLine } from './carrier.ts';
import type { WatchingStream } from './labs.ts';

export function watching(stream: Stream, line: FaultyLine, attachment: Attachment): WatchingStream {
  return {
    simulatorId: attachment.venue.simulatorId,
    line,
    get position() {
      return stream.position;
    },
    cut: () => stream.cut(),
    freeze(frozen) {
      const thaws = stream.frozen && !frozen;
      stream.frozen = frozen;
      if (!thaws) return;
      for (const { symbol, channel, bytes } of attachment.latestMarket()) {
        stream.market(symbol, channel, bytes);
      }
    },
    tell: ({ lab }: LabRecord) => stream.transient(frame('lab', { lab })),
  };
}
