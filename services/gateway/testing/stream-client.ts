/** Reads server-sent events as the specification says, for tests. */
export interface SseEvent {
  event: string;
  id: string | null;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into frames as they come.
  data: any;
}

export class StreamClient {
  readonly events: SseEvent[] = [];
  status = 0;
  headers = new Headers();
  /** Set when the answer has ended or broken. */
  ended: 'open' | 'end' | 'reset' = 'open';
  problem: unknown = null;
  readonly #abort = new AbortController();
  #wake: () => void = () => {};

  /** Resolves when the answer's head is there. */
  static async open(url: string, headers: Record<string, string>): Promise<StreamClient> {
    const client = new StreamClient();
    const answer = await fetch(url, { headers, signal: client.#abort.signal });
    client.status = answer.status;
    client.headers = answer.headers;
    if (answer.status !== 200) client.problem = await answer.json();
    else void client.#read(answer.body as ReadableStream<Uint8Array>);
    return client;
  }

  /** Waits until `count` events of a name have come. @returns all of that name. */
  async until(event: string, count = 1, timeoutMs = 5_000): Promise<SseEvent[]> {
    return this.when(() => this.of(event).length >= count, `${count} ${event}`, timeoutMs).then(
      () => this.of(event),
    );
  }

  async when(isTrue: () => boolean, what: string, timeoutMs = 5_000): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    while (!isTrue()) {
      const leftMs = deadline - performance.now();
      if (leftMs <= 0) {
        const got = this.events.map(({ event }) => event).join(' ');
        throw new Error(`Waited for ${what}; got ${got} (${this.ended})`);
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        setTimeout(resolve, Math.min(leftMs, 100));
      });
    }
  }

  of(event: string): SseEvent[] {
    return this.events.filter((each) => each.event === event);
  }

  /** Records in the order in which they came: their numbers, once each. */
  numbers(): number[] {
    return [...new Set(this.events.filter(({ id }) => id).map(({ data }) => data.n as number))];
  }

  lastId(): string {
    return this.events.findLast(({ id }) => id)?.id ?? '';
  }

  close(): void {
    this.#abort.abort();
  }

  async #read(body: ReadableStream<Uint8Array>): Promise<void> {
    let text = '';
    const decoder = new TextDecoder();
    try {
      for await (const chunk of body) {
        text += decoder.decode(chunk, { stream: true });
        for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
          this.#take(text.slice(0, end));
          text = text.slice(end + 2);
        }
        this.#wake();
      }
      this.ended = 'end';
    } catch {
      this.ended = 'reset';
    }
    this.#wake();
  }

  #take(block: string): void {
    const fields = new Map(
      block.split('\n').map((line) => {
        const [name, ...rest] = line.split(': ');
        return [name, rest.join(': ')];
      }),
    );
    const data = fields.get('data');
    if (data === undefined) return;
    this.events.push({
      event: fields.get('event') ?? 'message',
      id: fields.get('id') ?? null,
      data: JSON.parse(data),
    });
  }
}
