/**
 * The one way to the REST contract: bearer token in memory, refreshed once for all who wait, problem
 * documents as `ApiError`, a limit on every wait. Knows nothing of Svelte.
 */
import type { AuthAnswer, Credentials } from '@sandpit/schemas/http.ts';
import { ApiError, isProblem } from './api-error.ts';

const TIMEOUT_MS = 10_000;
/** A token this close to its end is renewed before it is used. */
const EXPIRY_MARGIN_MS = 20_000;
const REFRESH_LOCK = 'sandpit-refresh';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface ApiOptions {
  fetch: typeof fetch;
  /** Milliseconds since the epoch. */
  now(): number;
  newId(): string;
  /** Web Locks, so that two tabs do not spend the same refresh token; absent in old browsers. */
  locks?: Pick<LockManager, 'request'> | undefined;
  /** Hears the `Date` of each answer, ms since the epoch, and how long the request took. */
  onDate?(serverTimeMs: number, tookMs: number): void;
  /** A refresh has worked: the trader is known, whoever asked for it. */
  onRefreshed?(answer: AuthAnswer): void;
  /** Called once when the refresh token is gone: the trader has to log in. */
  onSignedOut?(): void;
  baseUrl?: string;
}

export interface RequestOptions {
  body?: unknown;
  timeoutMs?: number;
  /** The answer as it is, not as JSON. */
  asText?: boolean;
  /** Log-in and refresh go without a token. */
  anonymous?: boolean;
}

export class Api {
  readonly #options: ApiOptions;
  #token: { value: string; expiresAtMs: number } | null = null;
  #refreshing: Promise<AuthAnswer> | null = null;

  constructor(options: ApiOptions) {
    this.#options = options;
  }

  get<T>(path: string, options?: RequestOptions): Promise<T> {
    return this.request<T>('GET', path, options);
  }

  /** A file as text, whatever its type. @throws ApiError */
  text(path: string, options?: RequestOptions): Promise<string> {
    return this.request<string>('GET', path, { ...options, asText: true });
  }

  post<T>(path: string, body: unknown = {}, options?: RequestOptions): Promise<T> {
    return this.request<T>('POST', path, { ...options, body });
  }

  put<T>(path: string, body: unknown): Promise<T> {
    return this.request<T>('PUT', path, { body });
  }

  patch<T>(path: string, body: unknown): Promise<T> {
    return this.request<T>('PATCH', path, { body });
  }

  delete<T>(path: string): Promise<T> {
    return this.request<T>('DELETE', path);
  }

  /** @throws ApiError always and only. */
  async request<T>(method: Method, path: string, options: RequestOptions = {}): Promise<T> {
    if (options.anonymous) return this.#send<T>(method, path, options, null);
    const token = await this.accessToken();
    try {
      return await this.#send<T>(method, path, options, token);
    } catch (error) {
      // The server's clock decides; a 401 was refused before anything happened, so repeat once.
      if (!(error instanceof ApiError) || error.status !== 401) throw error;
      if (this.#token?.value === token) this.#token = null;
      return this.#send<T>(method, path, options, await this.accessToken());
    }
  }

  /**
   * A token good for at least the margin.
   *
   * @throws ApiError `signedOut` when there is no way to get one without logging in.
   */
  async accessToken(): Promise<string> {
    const { now } = this.#options;
    if (this.#token && this.#token.expiresAtMs - now() > EXPIRY_MARGIN_MS) return this.#token.value;
    return (await this.refresh()).accessToken;
  }

  /** Forgets a token that a server has refused, so that the next call fetches another one. */
  invalidate(token: string): void {
    if (this.#token?.value === token) this.#token = null;
  }

  async signUp(credentials: Credentials): Promise<AuthAnswer> {
    return this.#keep(await this.post('/auth/signup', credentials, { anonymous: true }));
  }

  async logIn(credentials: Credentials): Promise<AuthAnswer> {
    return this.#keep(await this.post('/auth/login', credentials, { anonymous: true }));
  }

  async logOut(): Promise<void> {
    this.#token = null;
    await this.post('/auth/logout', {}, { anonymous: true });
  }

  /** Trades the cookie for a new access token; everybody who asks meanwhile gets the same one. */
  refresh(): Promise<AuthAnswer> {
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = null;
    });
    return this.#refreshing;
  }

  async #refresh(): Promise<AuthAnswer> {
    const exchange = () => this.post<AuthAnswer>('/auth/refresh', {}, { anonymous: true });
    const { locks, onRefreshed, onSignedOut } = this.#options;
    try {
      const answer = await (locks ? locks.request(REFRESH_LOCK, exchange) : exchange());
      onRefreshed?.(answer);
      return this.#keep(answer);
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 401) throw error;
      this.#token = null;
      onSignedOut?.();
      throw ApiError.transport('signedOut');
    }
  }

  #keep(answer: AuthAnswer): AuthAnswer {
    const expiresAtMs = this.#options.now() + answer.expiresInSeconds * 1_000;
    this.#token = { value: answer.accessToken, expiresAtMs };
    return answer;
  }

  #hear({ headers }: Response, tookMs: number): void {
    const serverTimeMs = Date.parse(headers.get('date') ?? '');
    if (!Number.isNaN(serverTimeMs)) this.#options.onDate?.(serverTimeMs, tookMs);
  }

  async #send<T>(
    method: Method,
    path: string,
    { body, timeoutMs = TIMEOUT_MS, asText = false }: RequestOptions,
    token: string | null,
  ): Promise<T> {
    const headers: Record<string, string> = {
      accept: 'application/json, application/problem+json',
      'x-correlation-id': this.#options.newId(),
    };
    if (body !== undefined) headers['content-type'] = 'application/json';
    if (token) headers.authorization = `Bearer ${token}`;
    const init: RequestInit = {
      method,
      headers,
      credentials: 'same-origin',
      cache: 'no-store',
      signal: AbortSignal.timeout(timeoutMs),
    };
    if (body !== undefined) init.body = JSON.stringify(body);
    const startedMs = performance.now();
    let response: Response;
    let text: string;
    try {
      response = await this.#options.fetch(`${this.#options.baseUrl ?? ''}/api/v1${path}`, init);
      this.#hear(response, performance.now() - startedMs);
      text = await response.text();
    } catch (error) {
      const timedOut = error instanceof DOMException && error.name === 'TimeoutError';
      throw ApiError.transport(timedOut ? 'timeout' : 'offline');
    }
    return asText && response.ok ? (text as T) : answerOf<T>(response, text);
  }
}

function answerOf<T>(response: Response, text: string): T {
  if (response.status === 204) return undefined as T;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // A proxy's page, not ours; 5xx still says that nobody knows what happened.
    const { message, code } = ApiError.transport('badAnswer');
    throw new ApiError(code, message, { status: response.status });
  }
  if (response.ok) return value as T;
  if (isProblem(value)) throw new ApiError(value.code, value.detail, value);
  const { message, code } = ApiError.transport('badAnswer');
  throw new ApiError(code, message, { status: response.status });
}
