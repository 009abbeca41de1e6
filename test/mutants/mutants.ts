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
    find: 'if (waits && replaces && isTrailing(terms.type)) return replaces.progress!.heldTicks!;',
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
];
