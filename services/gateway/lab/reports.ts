/** What a gateway reports of its labs: in order, and again later when it could not be taken. */

const WAITING_MAX = 1_000;
/** What is older scores nothing any more. */
const KEPT_MS = 600_000;

export interface ReportParts {
  call(action: string, params: object): Promise<unknown>;
  now(): number;
  /** Whether a call that failed so may have been carried out all the same. */
  isDoubtful(error: unknown): boolean;
  onTrouble(error: unknown, action: string): void;
}

interface Report {
  action: string;
  params: object;
  /** A second time changes nothing. */
  isRepeatable: boolean;
  atMs: number;
}

export class Reports {
  readonly #parts: ReportParts;
  #waiting: Report[] = [];
  #sending = false;

  constructor(parts: ReportParts) {
    this.#parts = parts;
  }

  say(action: string, params: object, isRepeatable: boolean): void {
    if (this.#waiting.length >= WAITING_MAX) return;
    this.#waiting.push({ action, params, isRepeatable, atMs: this.#parts.now() });
    void this.send();
  }

  /** Sends what waits, up to the first that fails. */
  async send(): Promise<void> {
    if (this.#sending) return;
    this.#sending = true;
    try {
      for (let next = this.#next(); next; next = this.#next()) {
        if (!(await this.#sendOne(next))) break;
        this.#waiting.shift();
      }
    } finally {
      this.#sending = false;
    }
  }

  #next(): Report | undefined {
    const sinceMs = this.#parts.now() - KEPT_MS;
    if (this.#waiting[0] && this.#waiting[0].atMs < sinceMs) {
      this.#waiting = this.#waiting.filter(({ atMs }) => atMs >= sinceMs);
    }
    return this.#waiting[0];
  }

  /** @returns  Whether it is done with. */
  async #sendOne({ action, params, isRepeatable }: Report): Promise<boolean> {
    try {
      await this.#parts.call(action, params);
      return true;
    } catch (error) {
      this.#parts.onTrouble(error, action);
      return !isRepeatable && this.#parts.isDoubtful(error);
    }
  }
}
