import type { AuthAnswer, Credentials } from '@sandpit/schemas/http.ts';
import { Api } from '../client/api.ts';
import { ApiError } from '../client/api-error.ts';
import { DATE_GRID_MS, ServerClock } from '../client/server-clock.ts';

export type AuthStatus = 'unknown' | 'signedOut' | 'signedIn' | 'unreachable';

/** "in" or "out" once anybody has logged in on this browser; asks no refresh that cannot succeed. */
export const KNOWN = 'sandpit.known';

/** Who is logged in. Owns the one `Api`, because a lost refresh token changes the answer. */
export class Auth {
  status = $state<AuthStatus>('unknown');
  user = $state.raw<AuthAnswer['user'] | null>(null);
  readonly api: Api;
  readonly serverClock = new ServerClock();

  constructor() {
    this.api = new Api({
      fetch: (input, init) => fetch(input, init),
      now: () => Date.now(),
      newId: () => crypto.randomUUID(),
      locks: navigator.locks,
      onDate: (serverTimeMs, tookMs) => {
        const nowMs = performance.now();
        this.serverClock.observe(serverTimeMs, nowMs - tookMs, nowMs, DATE_GRID_MS);
      },
      onSignedOut: () => this.#forget(),
    });
  }

  /** Tries the refresh cookie; call once when the page opens, and again after `unreachable`. */
  async restore(): Promise<void> {
    if (localStorage.getItem(KNOWN) !== 'in') {
      this.status = 'signedOut';
      return;
    }
    this.status = 'unknown';
    try {
      this.#remember(await this.api.refresh());
    } catch (error) {
      const isSignedOut = error instanceof ApiError && error.code === 'signedOut';
      this.status = isSignedOut ? 'signedOut' : 'unreachable';
    }
  }

  /** @throws ApiError */
  async signUp(credentials: Credentials): Promise<void> {
    this.#remember(await this.api.signUp(credentials));
  }

  /** @throws ApiError */
  async logIn(credentials: Credentials): Promise<void> {
    this.#remember(await this.api.logIn(credentials));
  }

  async logOut(): Promise<void> {
    try {
      await this.api.logOut();
    } finally {
      this.#forget();
    }
  }

  #remember({ user }: AuthAnswer): void {
    localStorage.setItem(KNOWN, 'in');
    this.user = user;
    this.status = 'signedIn';
  }

  #forget(): void {
    localStorage.setItem(KNOWN, 'out');
    this.user = null;
    this.status = 'signedOut';
  }
}
