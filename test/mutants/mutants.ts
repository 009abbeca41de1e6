/** Deliberate bugs, each a change of one place in the engine that a tired person could make. */

export interface Mutant {
  name: string;
  /** Under services/simulator/engine. */
  file: string;
  /** Occurs exactly once in the file. */
  find: string;
  replace: string;
}

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'the youngest order at a price trades first',
    file: 'book.ts',
    find: 'const row = levels.head[column];',
    replace: 'const row = levels.tail[column];',
  },
  {
    name: 'a sell does not trade at its own limit',
    file: 'resting-orders.ts',
    find: 'return side === BUY ? priceTicks <= limitTicks : priceTicks >= limitTicks;',
    replace: 'return side === BUY ? priceTicks <= limitTicks : priceTicks > limitTicks;',
  },
  {
    name: 'a fill happens at the taker’s limit instead of the maker’s price',
    file: 'book.ts',
    find: 'fills.add(pool.handleOf(row), makerOwner, price, traded, makerLots - traded);',
    replace:
      'fills.add(pool.handleOf(row), makerOwner, limitTicks || price, traded, makerLots - traded);',
  },
  {
    name: 'an order made smaller leaves the total of its price as it was',
    file: 'resting-orders.ts',
    find: 'this.levels.lots[this.levels.find(cells[at + PRICE])] -= cells[at + LOTS] - toLots;',
    replace: '',
  },
  {
    name: 'an order of the trader’s trades with another one of his',
    file: 'book.ts',
    find: 'if (owner !== NO_TRADER && makerOwner === owner) {',
    replace: 'if (owner !== NO_TRADER && owner !== TRADER && makerOwner === owner) {',
  },
  {
    name: 'the fee is rounded down',
    file: 'money.ts',
    find: 'Math.floor((rest * ppm + PPM / 2) / PPM)',
    replace: 'Math.floor((rest * ppm) / PPM)',
  },
  {
    name: 'the cost of a partly closed position is rounded down',
    file: 'money.ts',
    find: '(2n * product + BigInt(whole)) / (2n * BigInt(whole))',
    replace: 'product / BigInt(whole)',
  },
  {
    name: 'the proceeds of a short can be spent',
    file: 'buying-power.ts',
    find: '2 * -position.costMicros',
    replace: '-position.costMicros',
  },
  {
    name: 'the dearest open lots count as those that reduce the position',
    file: 'buying-power.ts',
    find: 'ofSide.sort((a, b) => a.limitTicks - b.limitTicks)',
    replace: 'ofSide.sort((a, b) => b.limitTicks - a.limitTicks)',
  },
  {
    name: 'a stop waits until its price is passed',
    file: 'triggers.ts',
    find: 'return firesAbove ? twice >= 2 * triggerTicks',
    replace: 'return firesAbove ? twice > 2 * triggerTicks',
  },
  {
    name: 'a trailing stop follows the market back',
    file: 'triggers.ts',
    find: 'if (side === BUY ? ticks < triggerTicks : ticks > triggerTicks) {',
    replace: 'if (ticks !== triggerTicks) {',
  },
  {
    name: 'more of a trailing order is judged at a price at which it is not held',
    file: 'risk.ts',
    find: 'if (heldTicks != null) return heldTicks;',
    replace: '',
  },
  {
    name: 'fill-or-kill is refused when exactly enough is there',
    file: 'risk.ts',
    find: "terms.timeInForce === 'fok' && tradableLots < wantedLots",
    replace: "terms.timeInForce === 'fok' && tradableLots <= wantedLots",
  },
  {
    name: 'the low end of the collar is one tick too low',
    file: 'listing.ts',
    find: 'Math.max(1, Math.ceil((reference * (PPM - collarPpm)) / PPM))',
    replace: 'Math.max(1, Math.floor((reference * (PPM - collarPpm)) / PPM))',
  },
  {
    name: 'a day order lives one day too long',
    file: 'expiry.ts',
    find: "order.timeInForce !== 'day' || order.createdNs >= midnightNs",
    replace: "order.timeInForce !== 'day' || order.createdNs >= midnightNs - 1",
  },
  {
    name: 'a snapshot forgets which rows of the book are free',
    file: 'order-pool.ts',
    find: '.set([this.#used, this.#firstFree])',
    replace: '.set([this.#used, 0])',
  },
  {
    name: 'a snapshot forgets the orders that wait for a price',
    file: 'exchange-snapshot.ts',
    find: 'waiting: [...each.waiting.keys()],',
    replace: 'waiting: [],',
  },
  {
    name: 'the fingerprint does not see the size of an order',
    file: 'exchange.ts',
    find: 'hash.add(priceTicks);\n    hash.add(lots);\n    const handle',
    replace: 'hash.add(priceTicks);\n    const handle',
  },
  {
    name: 'one cancels the other, but only when it is the other’s turn',
    file: 'lists.ts',
    find: 'if (members.some((each) => each !== order && each.filledLots > 0)) end(state, order);',
    replace: '',
  },
  {
    name: 'one match fills two orders of which one cancels the other',
    file: 'list-lots.ts',
    find: 'return others + settled > 0 ? 0 : lots;',
    replace: 'return settled > 0 ? 0 : lots;',
  },
  {
    name: 'a leg that becomes smaller goes to the back of its queue',
    file: 'lists.ts',
    find: 'const isLess = lots < order.leavesLots;',
    replace: 'const isLess = false;',
  },
  {
    name: 'linked orders hold money for each of them',
    file: 'open-lots.ts',
    find: 'known.lots = Math.max(known.lots, each.lots);',
    replace: 'known.lots += each.lots;',
  },
  {
    name: 'one match turns a position by a reduce-only order',
    file: 'contingent-rules.ts',
    find: 'return Math.min(allowed, reducibleLots(lotsThen, side));',
    replace: 'return Math.min(allowed, reducibleLots(position.lots, side));',
  },
  {
    name: 'reduce-only orders stay when nothing is left to reduce',
    file: 'work.ts',
    find: 'if (reducibleLots(listing.position.lots, sideCode(order.side)) > 0) continue;',
    replace: 'continue;',
  },
  {
    name: 'when both shall expire, the taker goes on',
    file: 'work.ts',
    find: "if (mode !== 'decrement') return mode === 'expireMaker';",
    replace: "if (mode !== 'decrement') return true;",
  },
  {
    name: 'what an own order takes off must be paid for',
    file: 'after-trading.ts',
    find: '(isUnseen ? 0 : book.setOffLots)',
    replace: '0',
  },
  {
    name: 'the crowd’s fill-or-kill counts what a reduce-only order may not trade',
    file: 'book.ts',
    find: '        if (this.rules !== null && cells[at + OWNER] === TRADER) {\n          taken =',
    replace: '        if (false) {\n          taken =',
  },
  {
    name: 'the collar of a market order follows its own trades',
    file: 'work.ts',
    find: 'submit(listing, TRADER, side, limit, budget, flags)',
    replace: 'submit(listing, TRADER, side, workingTicks(intent), budget, flags)',
  },
  {
    name: 'a post-only order slides onto the other side',
    file: 'orders.ts',
    find: '(side === BUY ? other - 1 : other + 1) as PriceTicks',
    replace: 'other as PriceTicks',
  },
  {
    name: 'an order good till a time lives through it',
    file: 'expiry.ts',
    find: 'order.instructions!.expireNs! > state.nowNs',
    replace: 'order.instructions!.expireNs! >= state.nowNs',
  },
  {
    name: 'market-to-limit takes the worst price it may',
    file: 'orders.ts',
    find: 'limitTicks: other as PriceTicks };',
    replace: 'limitTicks: (side === BUY ? other + 1 : other - 1) as PriceTicks };',
  },
];
