/** A trader's program on NATS, for tests: what it asked, and what was answered to the account. */
import type { Bus, Stoppable } from '@sandpit/bus/bus.ts';
import { HEADERS } from '@sandpit/bus/headers.ts';
import { connectBus } from '@sandpit/bus/nats-bus.ts';
import { type SimulatorAddress, subjects } from '@sandpit/bus/subjects.ts';
import type { NatsAnswer } from '@sandpit/schemas/nats-requests.ts';
import type { OperationParts } from '@sandpit/schemas/operations.ts';

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers as they come.
export type HeardAnswer = NatsAnswer & { data: any };

export interface AskedBy {
  address: SimulatorAddress;
  /** Null: no such header. */
  token: string | null;
  request: string | null;
}

const ANSWER_WITHIN_MS = 8_000;

export class NatsClient {
  readonly heard: HeardAnswer[] = [];
  readonly #bus: Bus;
  readonly #following: Stoppable;
  readonly #by: Pick<AskedBy, 'address' | 'token'>;
  #requests = 0;
  #wake: () => void = () => {};

  private constructor(bus: Bus, by: Pick<AskedBy, 'address' | 'token'>) {
    this.#bus = bus;
    this.#by = by;
    this.#following = bus.follow(subjects.response(by.address), ({ body }) => {
      this.heard.push(body as HeardAnswer);
      this.#wake();
    });
  }

  /** @param creds  The credential of its account, on a server that knows accounts. */
  static async open(
    servers: string,
    by: { simulator: SimulatorAddress; token: string },
    creds?: { text: string; publicKey: string },
    onWarning: (message: string, fields: Record<string, unknown>) => void = () => {},
  ): Promise<NatsClient> {
    const bus = await connectBus({
      servers,
      name: 'program',
      onWarning,
      ...(creds && { creds: creds.text, inboxPrefix: `_INBOX.${creds.publicKey}` }),
    });
    const client = new NatsClient(bus, { address: by.simulator, token: by.token });
    await bus.ping();
    return client;
  }

  /** @returns  The name of the request. */
  say(operation: string, parts: OperationParts | Uint8Array, by: Partial<AskedBy> = {}): string {
    this.#requests += 1;
    const { address, token } = { ...this.#by, ...by };
    const { request = `r${this.#requests}` } = by;
    const headers = {
      ...(token !== null && { [HEADERS.authorization]: `Bearer ${token}` }),
      ...(request !== null && { [HEADERS.request]: request }),
    };
    const bytes =
      parts instanceof Uint8Array ? parts : new TextEncoder().encode(JSON.stringify(parts));
    this.#bus.announce(subjects.request(address, operation), bytes, headers);
    return request ?? '';
  }

  /** Renews the dead-man timer. */
  renew(): void {
    const { address, token } = this.#by;
    this.#bus.announce(subjects.deadMan(address), new Uint8Array(), {
      [HEADERS.authorization]: `Bearer ${token}`,
    });
  }

  async ask(
    operation: string,
    parts: OperationParts | Uint8Array = {},
    by: Partial<AskedBy> = {},
  ): Promise<HeardAnswer> {
    const from = this.heard.length;
    const request = this.say(operation, parts, by);
    const mine = () => this.heard.slice(from).find((each) => (each.request ?? '') === request);
    await this.when(() => mine() !== undefined, `the answer to ${operation}`);
    return mine() as HeardAnswer;
  }

  /** Also hears another subject. */
  follow(subject: string, onBody: (body: unknown) => void): void {
    this.#bus.follow(subject, ({ body }) => onBody(body));
  }

  /** What was published before has reached the server, and what it answered at once is here. */
  async settled(): Promise<void> {
    await this.#bus.ping();
  }

  async when(isTrue: () => boolean, what: string, timeoutMs = ANSWER_WITHIN_MS): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    while (!isTrue()) {
      const leftMs = deadline - performance.now();
      if (leftMs <= 0) throw new Error(`Waited for ${what}; got ${JSON.stringify(this.heard)}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        setTimeout(resolve, Math.min(leftMs, 50));
      });
    }
  }

  async close(): Promise<void> {
    await this.#following.stop();
    await this.#bus.close();
  }
}
