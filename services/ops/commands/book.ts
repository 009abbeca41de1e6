/** `book`: the order book of one instrument in one simulator, as its owner has it. */
import type { BookFrame, BookLevel } from '@sandpit/schemas/market-data.ts';
import { askWorker } from '../../platform/owners.ts';
import type { OperatorCommand, Row } from '../command.ts';
import { accountOf } from '../workers.ts';
import { wholeNumber } from './simulators.ts';

const DEPTH_DEFAULT = 10;
const DEPTH_MAX = 20;

export const book: OperatorCommand = {
  usage: 'book <simulator> <symbol>',
  description: 'The order book, best prices first.',
  options: [{ flag: '--depth <levels>', description: `Levels a side; ${DEPTH_DEFAULT}.` }],
  async run(broker, { args, options }) {
    const depth = wholeNumber('--depth', options.depth ?? String(DEPTH_DEFAULT), DEPTH_MAX);
    const { simulator, symbol } = args;
    const accountId = await accountOf(broker, simulator);
    const params = { accountId, symbol, depth };
    const frame = await askWorker<BookFrame>(broker, simulator, 'simulator.book', params);
    const levels = Math.min(depth, Math.max(frame.bids.length, frame.asks.length));
    return {
      rows: Array.from({ length: levels }, (_, i) => ladderRow(frame.bids[i], frame.asks[i])),
      notes: [
        `${symbol} at ${frame.at} (simulated), frame ${frame.sequence}, epoch ${frame.epoch}`,
      ],
    };
  },
};

function ladderRow(bid: BookLevel | undefined, ask: BookLevel | undefined): Row {
  return {
    'bid orders': bid?.orders ?? null,
    'bid size': bid?.quantity ?? null,
    bid: bid?.price ?? null,
    ask: ask?.price ?? null,
    'ask size': ask?.quantity ?? null,
    'ask orders': ask?.orders ?? null,
  };
}
