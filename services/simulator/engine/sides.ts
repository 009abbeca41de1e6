/** The book's own vocabulary: small integers, because the hot path has no objects and no strings. */

export const BUY = 0;
export const SELL = 1;
export type BookSide = 0 | 1;

/** Owner that is nobody in particular: two orders of it may trade with each other. */
export const NO_TRADER = 0;
/** Owner id of the one trader of a venue. Agents are 2 and up. */
export const TRADER = 1;

/** What does not trade at once is dropped instead of resting. */
export const IOC = 1;
/** Rests or does nothing: never takes. */
export const POST_ONLY = 2;
/** Trades in full at once or not at all. */
export const FOK = 4;
