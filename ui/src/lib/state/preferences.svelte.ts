import type { Profile } from '@sandpit/schemas/http.ts';
import type { Api } from '../client/api.ts';

const STORED = 'sandpit.preferences';
const DEFAULTS: Profile = {
  displayName: '',
  theme: 'dark',
  colours: 'greenUp',
  confirmOrders: true,
  timeZone: 'utc',
  watchList: [],
};

/** How the trader likes the desk. The server keeps it; a copy here avoids a flash of the wrong theme. */
export class Preferences {
  current = $state.raw<Profile>(DEFAULTS);
  readonly #api: Api;

  constructor(api: Api) {
    this.#api = api;
    this.#show({ ...DEFAULTS, ...storedProfile() });
  }

  async load(): Promise<void> {
    this.#show({ ...DEFAULTS, ...(await this.#api.get<Profile>('/profile')) });
  }

  /** Shows the change at once and takes it back when the server refuses it. @throws ApiError */
  async change(patch: Partial<Profile>): Promise<void> {
    const before = this.current;
    this.#show({ ...before, ...patch });
    try {
      await this.#api.patch('/profile', patch);
    } catch (error) {
      this.#show(before);
      throw error;
    }
  }

  #show(profile: Profile): void {
    this.current = profile;
    const root = document.documentElement;
    root.dataset.theme = resolvedTheme(profile.theme);
    root.dataset.colours = profile.colours;
    localStorage.setItem(STORED, JSON.stringify(profile));
  }
}

function resolvedTheme(theme: Profile['theme']): 'dark' | 'light' {
  if (theme !== 'system') return theme;
  return matchMedia('(prefers-color-scheme: light)').matches ? 'light' : 'dark';
}

function storedProfile(): Partial<Profile> {
  try {
    return JSON.parse(localStorage.getItem(STORED) ?? '{}') as Partial<Profile>;
  } catch {
    return {};
  }
}
