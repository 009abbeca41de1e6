/** One task at a time, in order, at most so many waiting. The first starts at once. */
export class MailboxFullError extends Error {
  override readonly name = 'MailboxFullError';
}

export class Mailbox {
  readonly #limit: number;
  readonly #tasks: (() => Promise<void>)[] = [];
  #running = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get idle(): boolean {
    return !this.#running;
  }

  get waiting(): number {
    return this.#tasks.length;
  }

  /** @throws MailboxFullError (as a rejection) when too many wait already. */
  run<Result>(task: () => Result | Promise<Result>): Promise<Result> {
    if (this.#tasks.length >= this.#limit) {
      return Promise.reject(new MailboxFullError(`More than ${this.#limit} tasks wait.`));
    }
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    this.#tasks.push(async () => {
      try {
        resolve(await task());
      } catch (error) {
        reject(error);
      }
    });
    if (!this.#running) void this.#drain();
    return promise;
  }

  async #drain(): Promise<void> {
    this.#running = true;
    for (let task = this.#tasks.shift(); task; task = this.#tasks.shift()) await task();
    this.#running = false;
  }
}
