/** When an instrument trades, and in what way. */
import Type, { type Static } from 'typebox';

/**
 * - `preOpen`, `openingAuction`, `closingAuction`, `reopeningAuction`: orders are collected, nothing
 *   trades until the auction ends. The closing and the reopening auction show an indicative price
 *   like the opening ones.
 * - `continuous`: orders trade as they come.
 * - `halted`: nothing trades. Limit orders are collected for the reopening auction, and cancels pass.
 * - `closed`: nothing but cancels.
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

/** Why an instrument is halted. FIX HaltReason in camelCase, and `volatility`: the price bands did. */
export const HaltReason = Type.Union(
  [
    Type.Literal('volatility'),
    Type.Literal('newsPending'),
    Type.Literal('newsDissemination'),
    Type.Literal('orderImbalance'),
    Type.Literal('additionalInformation'),
    Type.Literal('equipmentChangeover'),
    Type.Literal('regulatory'),
  ],
  { $id: 'HaltReason' },
);
export type HaltReason = Static<typeof HaltReason>;

/** How an instrument comes back from a halt, in simulated seconds. */
export const Reopening = Type.Object(
  {
    auctionSeconds: Type.Integer({
      minimum: 1,
      maximum: 3_600,
      description: 'Length of the reopening auction.',
    }),
    extensionSeconds: Type.Integer({
      minimum: 1,
      maximum: 3_600,
      description: 'By how much it is prolonged when its price lies outside its collar.',
    }),
  },
  { $id: 'Reopening', additionalProperties: false },
);
export type Reopening = Static<typeof Reopening>;
/** For instruments whose scenario says nothing. */
export const USUAL_REOPENING: Reopening = { auctionSeconds: 60, extensionSeconds: 300 };

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
