/** A margin account by the second in the plainest words: what it borrows, is called for, and loses. */
import { marginRatesOf } from '@sandpit/schemas/margin.ts';
import type { OrderTicket } from '@sandpit/schemas/order.ts';
import type { QuantityLots } from '@sandpit/schemas/units.ts';
import { callText } from './comparison-text.ts';
import { markOf, shareUp, valueAt } from './reference-account.ts';
import { ReferenceCarry } from './reference-carry.ts';
import { ReferenceDay } from './reference-day.ts';
import { isOpen, type ReferenceListing, type Terms } from './reference-order.ts';

const SECOND = 1_000_000_000;
const NEVER = Number.MAX_SAFE_INTEGER;

const worthOf = (listing: ReferenceListing): bigint =>
  valueAt(listing.position, listing.instrument, markOf(listing));

const size = (amount: bigint): bigint => (amount < 0n ? -amount : amount);

function maintenanceOf(listing: ReferenceListing): bigint {
  const value = worthOf(listing);
  const { longMaintenancePpm, shortMaintenancePpm } = marginRatesOf(listing.instrument);
  return shareUp(size(value), value > 0n ? longMaintenancePpm : shortMaintenancePpm);
}

/** Maintenance and 5 % more. */
const withSpare = (maintenance: bigint): bigint => (maintenance * 105n) / 100n;

export class ReferenceMargin extends ReferenceDay {
  interest = new ReferenceCarry();
  borrowing = new Map<string, ReferenceCarry>();
  liquidations = 0;

  get isMargin(): boolean {
    return this.account.terms.type === 'margin';
  }

  /** Whatever ends by its time up to `ns`, in order, and each whole second of a margin account. */
  passTo(ns: number): void {
    for (;;) {
      const phases = this.listings.flatMap(({ phaseEndsNs, bands }) => [
        phaseEndsNs,
        bands?.nextNs ?? NEVER,
      ]);
      const phaseNs = Math.min(...phases);
      const expiries = this.open().map(({ ticket }) => ticket.instructions?.expireNs ?? NEVER);
      const expiryNs = Math.min(NEVER, ...expiries);
      const nextNs = Math.min(phaseNs, expiryNs, this.watchNs);
      if (nextNs > ns) break;
      this.nowNs = nextNs;
      if (phaseNs === nextNs) this.changePhases();
      if (expiryNs === nextNs) this.expireTimedOrders();
      if (this.watchNs === nextNs) this.watch();
    }
    this.nowNs = ns;
  }

  /** The first whole second that has not been looked at. */
  watchNs = NEVER;

  override begin(): void {
    super.begin();
    if (this.isMargin) this.watchNs = SECOND;
  }

  midnight(settles: boolean): void {
    this.expireDayOrders(this.nowNs);
    for (const carry of [this.interest, ...this.borrowing.values()]) {
      this.cashMicros -= carry.charge();
    }
    if (settles) this.account.midnight();
  }

  borrowingOf({ instrument }: ReferenceListing): ReferenceCarry {
    const { symbol } = instrument;
    if (!this.borrowing.has(symbol)) this.borrowing.set(symbol, new ReferenceCarry());
    return this.borrowing.get(symbol)!;
  }

  private watch(): void {
    this.watchNs += SECOND;
    this.accrue();
    this.lookAtAccount();
    this.react();
  }

  private accrue(): void {
    let shorts = 0n;
    for (const listing of this.listings) {
      if (listing.position.lots >= 0) continue;
      const value = -worthOf(listing);
      shorts += value;
      this.borrowingOf(listing).addSecond(value, marginRatesOf(listing.instrument).borrowPpm);
    }
    // What shorts have brought lies with the lender.
    const debit = shorts - this.cashMicros;
    this.interest.addSecond(debit, this.account.marginTerms.debitInterestPpm);
  }

  private get equity(): bigint {
    return this.listings.reduce((sum, each) => sum + worthOf(each), this.cashMicros);
  }

  private get maintenance(): bigint {
    return this.listings.reduce((sum, each) => sum + maintenanceOf(each), 0n);
  }

  private lookAtAccount(): void {
    const { account, equity, maintenance } = this;
    if (account.call === null) {
      if (equity >= maintenance) return;
      const graceNs = equity > 0n ? account.marginTerms.callGraceSeconds * SECOND : 0;
      account.call = { state: 'called', sinceNs: this.nowNs, deadlineNs: this.nowNs + graceNs };
      this.tellCall(equity, maintenance);
      return;
    }
    if (equity >= withSpare(maintenance)) {
      account.call = null;
      this.tellCall(equity, maintenance);
      return;
    }
    if (account.call.state === 'called') {
      if (this.nowNs < account.call.deadlineNs && equity > 0n) return;
      for (const order of this.open()) {
        if (isOpen(order)) this.end(order, 'canceled', 'marginCall');
      }
      account.call.state = 'liquidating';
      this.tellCall(equity, maintenance);
    }
    if (account.call.state === 'liquidating') this.liquidate(equity, maintenance);
  }

  private tellCall(equity: bigint, maintenance: bigint): void {
    const { call } = this.account;
    const how = call === null ? 'call met' : callText(call);
    this.said.push(`${how}, equity ${equity} maintenance ${maintenance}`);
  }

  /** A slice of the position that asks for most, of those that find somebody to trade with. */
  private liquidate(equity: bigint, maintenance: bigint): void {
    const held = this.listings.filter(({ position }) => position.lots !== 0);
    if (held.length === 0) {
      this.account.call!.state = 'bankrupt';
      this.tellCall(equity, maintenance);
      return;
    }
    const missing = withSpare(maintenance) - equity;
    // Sorting is stable: of two that ask for as much the first one listed goes first.
    held.sort((a, b) => Number(maintenanceOf(b) - maintenanceOf(a)));
    for (const listing of held) {
      const lots = this.slice(listing, missing, equity);
      if (listing.phase === 'continuous' && this.close(listing, lots)) return;
    }
  }

  /** A quarter at most, and of somebody who still has something no more than frees what is missing. */
  private slice(listing: ReferenceListing, missing: bigint, equity: bigint): number {
    const held = Math.abs(listing.position.lots);
    const most = Math.min(Math.ceil(held / 4), listing.instrument.maxOrderLots);
    if (equity <= 0n) return most;
    const freed = withSpare(maintenanceOf(listing));
    let lots = 1;
    while (lots < most && freed * BigInt(lots) <= missing * BigInt(held)) lots++;
    return lots;
  }

  private close({ instrument, position }: ReferenceListing, lots: number): boolean {
    const ticket: OrderTicket = {
      clientOrderId: `liquidation:${this.liquidations + 1}`,
      symbol: instrument.symbol,
      side: position.lots > 0 ? 'sell' : 'buy',
      type: 'market',
      quantityLots: lots as QuantityLots,
      limitTicks: null,
      timeInForce: 'ioc',
      postOnly: false,
      instructions: { reduceOnly: true, selfTradePrevention: 'expireMaker' },
    };
    const terms: Terms = {
      ticket,
      quantityLots: lots,
      limitTicks: null,
      waits: false,
      replaces: null,
    };
    const copy = this.copy();
    const trial = copy.inNewShape(terms);
    copy.work(trial, true);
    if (trial.filledLots === 0) return false;
    this.liquidations++;
    this.work(this.note(ticket, null, null));
    return true;
  }
}
