import type { AuthAnswer, Credentials } from '@sandpit/schemas/http.ts';
import { Api } from '../client/api.ts';
import { ApiError } from '../client/api-error.ts';
import { deviceStore } from '../client/device-store.ts';
import { LastKnownDesks } from '../client/last-known.ts';
import { ServerClock } from '../client/server-clock.ts';

export type AuthStatus = 'unknown' | 'signedOut' | 'signedIn' | 'unreachable';

/** "in" or "out" once anybody has logged in on this browser; asks no refresh that cannot succeed. */
export const KNOWN = 'sandpit.known';
/** Whose desks this device remembers. */
const USER = 'sandpit.user';

/** Who is logged in. Owns the one `Api`, because a lost refresh token changes the answer. */
export class Auth {
  status = $state<AuthStatus>('unknown');
  user = $state.raw<AuthAnswer['user'] | null>(null);
  /** Nobody answers, and the trader was logged in here: what the device remembers may be read. */
  mayRead = $state(false);
  readonly desks = new LastKnownDesks(deviceStore, Date.now, () => localStorage.getItem(USER));
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
        this.serverClock.observeDate(serverTimeMs, nowMs - tookMs, nowMs);
      },
      onRefreshed: (answer) => this.#remember(answer),
      onSignedOut: () => this.#forget(),
    });
  }

  /** Tries the refresh cookie; call once when the page opens, and again after `unreachable`. */
  async restore(): Promise<void> {
    if (localStorage.getItem(KNOWN) !== 'in') {
      this.status = 'signedOut';
      return;
    }
    // Who reads what the device remembers reads on.
    if (!this.mayRead) this.status = 'unknown';
    try {
      await this.api.refresh();
    } catch (error) {
      const isSignedOut = error instanceof ApiError && error.code === 'signedOut';
      this.status = isSignedOut ? 'signedOut' : 'unreachable';
      this.mayRead = !isSignedOut;
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
    if (localStorage.getItem(USER) !== user.id) void this.desks.clear();
    localStorage.setItem(USER, user.id);
    // A token that is renewed is no news to those who wait for a trader.
    if (this.user?.id !== user.id) this.user = user;
    this.mayRead = false;
    this.status = 'signedIn';
  }

  #forget(): void {
    localStorage.setItem(KNOWN, 'out');
    localStorage.removeItem(USER);
    void this.desks.clear();
    this.mayRead = false;
    this.user = null;
    this.status = 'signedOut';
  }
}
