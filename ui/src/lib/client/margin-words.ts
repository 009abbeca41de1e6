/** What the states of a margin call mean to a trader. */
import type { MarginCallState } from '@sandpit/schemas/margin.ts';

interface CallText {
  title: string;
  text: string;
}

const CALL_TEXTS: Readonly<Record<MarginCallState, CallText>> = {
  called: {
    title: 'Margin call',
    text: 'Equity is below maintenance. Reduce positions, or the venue closes them for you.',
  },
  liquidating: {
    title: 'Liquidation',
    text: 'The venue is closing your positions in the market until equity covers maintenance.',
  },
  bankrupt: {
    title: 'Bankrupt',
    text: 'Everything is closed and equity is below zero. Start a new simulator to trade on.',
  },
};

export const callText = (state: MarginCallState): CallText => CALL_TEXTS[state];
