/**
 * The general ledger of one account: double entry, whole micros.
 *
 * Debits are positive, credits negative, and every posting sums to zero, so all balances together
 * always do. Cash and what positions cost are assets; capital is what the trader brought; realised
 * profit and dividends are income; fees of trading and borrowing and interest are expenses, the last two owed (a
 * liability) from when they accrue until they are charged. Cash and positions are also kept where they are used, by
 * other code: after each command both must say the same (`checkBalance`).
 */
import { invariant } from './invariant.ts';
import { safe } from './money.ts';

const CASH = 0;
const CAPITAL = 1;
const ACCRUED = 2;
const INTEREST = 3;
const FIRST_OF_LISTINGS = 4;
const PER_LISTING = 5;

/** What the ledger knows of one instrument, with the signs that people expect. */
export interface ListingBalances {
  costMicros: number;
  realisedMicros: number;
  feesMicros: number;
  /** Accrued so far, charged or not. */
  borrowFeesMicros: number;
  /** Received less paid. */
  dividendsMicros: number;
}

/** What a fill changes of them. */
export type FillChange = Omit<ListingBalances, 'borrowFeesMicros' | 'dividendsMicros'>;

/** An instrument as those who use the money know it. */
export interface Accounted {
  index: number;
  position: FillChange;
  borrowing: { chargedMicros: number; accruedMicros: number };
  dividendsMicros: number;
}

export class Ledger {
  readonly #balances: Float64Array;

  constructor(listings: number) {
    this.#balances = new Float64Array(FIRST_OF_LISTINGS + PER_LISTING * listings);
  }

  get cashMicros(): number {
    return this.#balances[CASH];
  }

  get capitalMicros(): number {
    return 0 - this.#balances[CAPITAL];
  }

  /** Owed for borrowing, and not yet charged. */
  get accruedMicros(): number {
    return 0 - this.#balances[ACCRUED];
  }

  /** Accrued so far, charged or not. */
  get interestMicros(): number {
    return this.#balances[INTEREST];
  }

  ofListing(listing: number): ListingBalances {
    const at = FIRST_OF_LISTINGS + PER_LISTING * listing;
    return {
      costMicros: this.#balances[at],
      realisedMicros: 0 - this.#balances[at + 1],
      feesMicros: this.#balances[at + 2],
      borrowFeesMicros: this.#balances[at + 3],
      dividendsMicros: 0 - this.#balances[at + 4],
    };
  }

  /** Whether it says the same of an instrument. */
  agreesWith({ index, position, borrowing, dividendsMicros }: Accounted): boolean {
    const at = FIRST_OF_LISTINGS + PER_LISTING * index;
    const balances = this.#balances;
    return (
      balances[at] === position.costMicros &&
      0 - balances[at + 1] === position.realisedMicros &&
      balances[at + 2] === position.feesMicros &&
      balances[at + 3] === borrowing.chargedMicros + borrowing.accruedMicros &&
      0 - balances[at + 4] === dividendsMicros
    );
  }

  postDeposit(micros: number): void {
    this.#post(CASH, micros);
    this.#post(CAPITAL, -micros);
  }

  /**
   * One fill: `cashMicros` is what the account's cash changes by, fee included; the others are what
   * the position's cost, realised profit and fees grow by.
   *
   * @throws when it does not sum to zero.
   */
  postFill(listing: number, cashMicros: number, change: FillChange): void {
    const at = FIRST_OF_LISTINGS + PER_LISTING * listing;
    const { costMicros, realisedMicros, feesMicros } = change;
    const sum = cashMicros + costMicros - realisedMicros + feesMicros;
    invariant(sum === 0, 'a posting balances to zero');
    this.#post(CASH, cashMicros);
    this.#post(at, costMicros);
    this.#post(at + 1, -realisedMicros);
    this.#post(at + 2, feesMicros);
  }

  /** A fee for what is borrowed to be short has accrued. */
  postBorrowFee(listing: number, micros: number): void {
    this.#post(FIRST_OF_LISTINGS + PER_LISTING * listing + 3, micros);
    this.#post(ACCRUED, -micros);
  }

  /** A dividend: income of who is long; who is short pays it. */
  postDividend(listing: number, micros: number): void {
    this.#post(CASH, micros);
    this.#post(FIRST_OF_LISTINGS + PER_LISTING * listing + 4, -micros);
  }

  /** Interest on borrowed money has accrued. */
  postInterest(micros: number): void {
    this.#post(INTEREST, micros);
    this.#post(ACCRUED, -micros);
  }

  /** What is owed is taken from cash. */
  postCharge(micros: number): void {
    this.#post(ACCRUED, micros);
    this.#post(CASH, -micros);
  }

  /**
   * Opening balances, as another engine version left them. Checked when the books reopen. What was
   * accrued and not charged, no event tells: it is forgiven.
   */
  restate(
    cashMicros: number,
    capitalMicros: number,
    interestMicros: number,
    listings: readonly ListingBalances[],
  ): void {
    const ofListings = listings.flatMap((each) => [
      each.costMicros,
      0 - each.realisedMicros,
      each.feesMicros,
      each.borrowFeesMicros,
      0 - each.dividendsMicros,
    ]);
    this.#balances.set([cashMicros, 0 - capitalMicros, 0, interestMicros, ...ofListings]);
  }

  /** Sum of all balances: the trial balance. Anything but 0 is a defect. */
  get totalMicros(): number {
    const balances = this.#balances;
    let total = 0;
    for (let i = 0; i < balances.length; i++) total += balances[i];
    return total;
  }

  snapshot(): number[] {
    return [...this.#balances];
  }

  restore(balances: readonly number[]): void {
    invariant(balances.length === this.#balances.length, 'a snapshot fits its scenario');
    this.#balances.set(balances);
  }

  #post(account: number, micros: number): void {
    this.#balances[account] = safe(this.#balances[account] + micros);
  }
}
