/**
 * Listens to one instrument of a session that is run again: every quote, market order and limit order
 * goes to the statistics, the trader's among them.
 */
import { depthBuffer } from '../../engine/book.ts';
import {
  BUY,
  FIRST_SLOT_OWNER,
  MAX_CROWD_OWNER,
  type MarketAccess,
  SELL,
  type SideCode,
} from '../../market/access.ts';
import { type DayRecorder, DEPTH_TICKS } from '../../market/realism/day-record.ts';
import type { Days } from '../../market/realism/days.ts';
import type { Stretches } from '../../market/realism/stretches.ts';
import type { PlayedTrade, Player } from '../player.ts';

const NOT_RESTING = -1;
const SIDES = [BUY, SELL] as const;

export class WatchedMarket {
  readonly #player: Player;
  readonly #instrument: number;
  readonly #stretches: Stretches;
  /** What is told from then on; before it is the market's past. */
  readonly #fromNs: number;
  /** When each order of the crowd came to rest, by its owner number. */
  readonly #restsSinceNs = new Float64Array(MAX_CROWD_OWNER + 1).fill(NOT_RESTING);
  readonly #depth = depthBuffer(DEPTH_TICKS);
  #recorder: DayRecorder | null = null;
  #bid = 0;
  #ask = 0;
  #bidLots = 0;
  #askLots = 0;

  /** @param instrument  Its index. The session has not started yet. */
  constructor(player: Player, instrument: number, fromNs: number, stretches: Stretches) {
    this.#player = player;
    [this.#instrument, this.#fromNs, this.#stretches] = [instrument, fromNs, stretches];
    player.venue.watchedBy = (access) => this.#watch(access);
    player.onTrade = (trade) => this.#trade(trade);
  }

  /** What has happened by other hands than the crowd's: call it after each command. */
  noteQuote(): void {
    const { book, phase } = this.#listing;
    const { nowNs } = this;
    const before = this.#recorder;
    this.#recorder =
      nowNs < this.#fromNs ? null : this.#stretches.at(nowNs, phase === 'continuous');
    if (!this.#recorder) return;
    const { bestBid, bestAsk } = book;
    const bidLots = bestBid > 0 ? book.lotsAt(BUY, bestBid) : 0;
    const askLots = bestAsk > 0 ? book.lotsAt(SELL, bestAsk) : 0;
    const isNew = this.#recorder !== before;
    if (!isNew && !this.#hasMoved(bestBid, bestAsk, bidLots, askLots)) return;
    [this.#bid, this.#ask, this.#bidLots, this.#askLots] = [bestBid, bestAsk, bidLots, askLots];
    this.#recorder.quote(nowNs, bestBid, bestAsk, bidLots, askLots);
  }

  #hasMoved(bid: number, ask: number, bidLots: number, askLots: number): boolean {
    return (
      bid !== this.#bid ||
      ask !== this.#ask ||
      bidLots !== this.#bidLots ||
      askLots !== this.#askLots
    );
  }

  sampleDepth(): void {
    const { book } = this.#listing;
    if (!this.#recorder) return;
    for (const side of SIDES) {
      const best = side === BUY ? book.bestBid : book.bestAsk;
      const levels = book.depth(side, DEPTH_TICKS, this.#depth);
      for (let i = 0; i < levels; i++) {
        this.#recorder.depth(Math.abs(this.#depth.priceTicks[i] - best), this.#depth.lots[i]);
      }
    }
  }

  finish(): Days {
    return this.#stretches.finish(this.nowNs);
  }

  /** The crowd's clock is ahead of the venue's while it acts. */
  get nowNs(): number {
    const { venue } = this.#player;
    return Math.max(venue.nowNs, venue.market?.nowNs ?? 0);
  }

  get #listing() {
    return this.#player.venue.exchange.listings[this.#instrument]!;
  }

  #trade({ instrument, maker, leaves, side, priceTicks, lots }: PlayedTrade): void {
    if (instrument !== this.#instrument || side === null) return;
    const { nowNs } = this;
    this.#recorder?.trade(nowNs, priceTicks, lots, side === BUY ? 1 : -1);
    if (leaves === 0 && maker >= FIRST_SLOT_OWNER) this.#ended(maker, 'filled');
  }

  #ended(owner: number, how: 'filled' | 'cancelled'): void {
    const sinceNs = this.#restsSinceNs[owner]!;
    this.#restsSinceNs[owner] = NOT_RESTING;
    if (sinceNs === NOT_RESTING) return;
    this.#recorder?.ended(this.nowNs, this.nowNs - sinceNs, how);
  }

  #submitted(owner: number, side: SideCode, priceTicks: number, bestTicks: number): void {
    if (owner >= FIRST_SLOT_OWNER) this.#restsSinceNs[owner] = this.nowNs;
    if (bestTicks === 0) return;
    const behind = side === BUY ? bestTicks - priceTicks : priceTicks - bestTicks;
    this.#recorder?.placed(this.nowNs, behind);
  }

  #watch(access: MarketAccess): MarketAccess {
    const isOurs = (instrument: number) => instrument === this.#instrument;
    return {
      submit: (instrument, owner, side, priceTicks, lots, flags) => {
        if (!isOurs(instrument)) {
          return access.submit(instrument, owner, side, priceTicks, lots, flags);
        }
        const { book } = this.#listing;
        const best = side === BUY ? book.bestBid : book.bestAsk;
        const handle = access.submit(instrument, owner, side, priceTicks, lots, flags);
        if (handle !== 0) this.#submitted(owner, side, priceTicks, best);
        this.noteQuote();
        return handle;
      },
      cancel: (instrument, handle) => {
        if (!isOurs(instrument)) return access.cancel(instrument, handle);
        const owner = this.#listing.book.ownerOf(handle);
        const lots = access.cancel(instrument, handle);
        if (lots > 0) this.#ended(owner, 'cancelled');
        this.noteQuote();
        return lots;
      },
      afterEvent: () => {
        access.afterEvent();
        this.noteQuote();
      },
      bestBid: (instrument) => access.bestBid(instrument),
      bestAsk: (instrument) => access.bestAsk(instrument),
      lotsAt: (instrument, side, priceTicks) => access.lotsAt(instrument, side, priceTicks),
      lastTradeTicks: (instrument) => access.lastTradeTicks(instrument),
    };
  }
}
