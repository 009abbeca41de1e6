/** The one way for orders and heartbeats: over the WebSocket while one is open, else as REST. */
import { OPERATIONS, type OperationName } from '@sandpit/schemas/operations.ts';
import type { Api, RequestOptions } from './api.ts';
import type { Asked, CommandLine } from './socket-source.ts';

export class Commands {
  readonly #api: Pick<Api, 'request'>;
  readonly #simulatorId: string;
  /** Set while events come over a WebSocket. */
  line: CommandLine | null = null;

  constructor(api: Pick<Api, 'request'>, simulatorId: string) {
    this.#api = api;
    this.#simulatorId = simulatorId;
  }

  /**
   * Never both: a request that was sent on one of them is repeated by whoever asked, who knows
   * whether it may be.
   *
   * @param asked  `path` without the simulator's id. @throws ApiError
   */
  send<T>(operation: Exclude<OperationName, 'heartbeat'>, asked: Asked = {}): Promise<T> {
    if (this.line) return this.line.ask<T>(operation, asked);
    const [method, template] = OPERATIONS[operation];
    const names: Record<string, string> = { ...asked.path, id: this.#simulatorId };
    const path = template.replace(/:(\w+)/g, (_, name: string) => names[name] ?? '');
    const query = new URLSearchParams(asked.query).toString();
    const options: RequestOptions = asked.body === undefined ? {} : { body: asked.body };
    return this.#api.request<T>(method, `${path}${query && `?${query}`}`, options);
  }
}
