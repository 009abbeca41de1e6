/** When an instrument trades, and in what way. */
import Type, { type Static } from 'typebox';

/**
 * - `preOpen`, `openingAuction`, `closingAuction`, `reopeningAuction`: orders are collected, nothing
 *   trades until the auction ends. The closing and the reopening auction show an indicative price
 *   like the opening ones.
 * - `continuous`: orders trade as they come.
 * - `closed`, `halted`: nothing but cancels.
 */
export const TradingPhase = Type.Union(
  [
    Type.Literal('preOpen'),
    Type.Literal('openingAuction'),
    Type.Literal('continuous'),
    Type.Literal('closingAuction'),
    Type.Literal('closed'),
    Type.Literal('halted'),
    Type.Literal('reopeningAuction'),
  ],
  { $id: 'TradingPhase' },
);
export type TradingPhase = Static<typeof TradingPhase>;

const seconds = (minimum: number) => Type.Integer({ minimum, maximum: 604_800 });

/**
 * A trading day in simulated seconds. It begins at simulated time 0 with the pre-open and starts
 * over after `closedSeconds`. A phase of 0 seconds is left out.
 */
export const TradingSession = Type.Object(
  {
    preOpenSeconds: seconds(0),
    openingAuctionSeconds: seconds(1),
    continuousSeconds: seconds(1),
    closingAuctionSeconds: seconds(1),
    closedSeconds: seconds(0),
  },
  { $id: 'TradingSession', additionalProperties: false },
);
export type TradingSession = Static<typeof TradingSession>;
