/**
 * I12: no market data of an owner that the stream has already said to be replaced; and whichever
 * owner derives a frame, it says the same under the same number.
 *
 * The first book and quote of a connection may be answers to a question instead: the state as it is
 * now, under the number of the last frame. They are not compared.
 */
import { canonicalJson } from '../../../services/platform/canonical.ts';
import type { Connection, Finding, RecordedFrame, SimulatorHistory } from './history.ts';

const ANSWERED: ReadonlySet<string> = new Set(['book', 'quote']);
const MARKET_DATA: ReadonlySet<string> = new Set(['book', 'quote', 'trade', 'candle', 'status']);

export function checkFanOut({ clients }: SimulatorHistory): Finding {
  const finding: Finding = { law: 'I12', checked: 0, what: 'frames', breaches: [] };
  const said = new Map<string, string>();
  for (const { client, connections } of clients) {
    for (const connection of connections) {
      finding.checked += follow(connection, said, (fault) =>
        finding.breaches.push(`${client} ${fault}`),
      );
    }
  }
  return finding;
}

function follow(
  { frames }: Connection,
  said: Map<string, string>,
  fault: (text: string) => void,
): number {
  let epoch = 0;
  let checked = 0;
  const newest = new Map<string, number>();
  const begun = new Set<string>();
  for (const frame of frames) {
    epoch = Math.max(epoch, epochOf(frame));
    if (!MARKET_DATA.has(frame.event)) continue;
    checked += 1;
    const { data } = frame;
    const name = `${frame.event} ${data.symbol} ${data.sequence}`;
    if (data.epoch < epoch) fault(`was sent ${name} of epoch ${data.epoch} in epoch ${epoch}`);
    const channel = `${frame.event} ${data.symbol} ${data.epoch}`;
    if (data.sequence < (newest.get(channel) ?? 0)) fault(`was sent ${name} after a newer one`);
    newest.set(channel, data.sequence);
    const instrument = `${frame.event} ${data.symbol}`;
    const isFirst = !begun.has(instrument);
    begun.add(instrument);
    if (isFirst && ANSWERED.has(frame.event)) continue;
    const text = canonicalJson({ ...data, epoch: 0 });
    if ((said.get(name) ?? text) !== text) fault(`was sent another ${name} than before`);
    said.set(name, text);
  }
  return checked;
}

/** Of a frame that says who owns the simulator; else 0. */
function epochOf({ event, data }: RecordedFrame): number {
  if (event === 'snapshot') return data.epoch;
  return event === 'session' && data.kind === 'owner' ? data.epoch : 0;
}
