import type { Simulator } from '@sandpit/schemas/http.ts';
import type { SavedState } from '@sandpit/schemas/saved-state.ts';
import type { Api } from '../client/api.ts';
import { messageOf } from '../client/api-error.ts';
import { deleteState, listStates, startState } from '../client/saved-states.ts';
import type { Session } from './session.svelte.ts';

/** The trader's saved states, newest first; null until they have arrived. */
export class SavedStates {
  items = $state.raw<readonly SavedState[] | null>(null);
  error = $state<string | null>(null);
  readonly #api: Api;
  readonly #session: Session;

  constructor(api: Api, session: Session) {
    this.#api = api;
    this.#session = session;
  }

  /** A failure is kept for the page to show; what is known already stays. */
  async load(): Promise<void> {
    this.error = null;
    try {
      this.items = await listStates(this.#api);
    } catch (error) {
      this.error = messageOf(error);
    }
  }

  /** As it stands now; nothing is said when it cannot be had. @throws ApiError */
  async refresh(): Promise<void> {
    const before = this.items;
    if (before === null) return;
    const items = await listStates(this.#api);
    // What was changed here meanwhile is newer than the answer.
    if (this.items === before) this.items = items;
  }

  add(saved: SavedState): void {
    if (this.items) this.items = [saved, ...this.items];
    else void this.load();
  }

  /** A simulator of its own, paused at that moment. @throws ApiError */
  async start(id: string): Promise<Simulator> {
    const { id: sessionId } = await this.#session.open();
    return startState(this.#api, id, sessionId);
  }

  /** @throws ApiError */
  async remove(id: string): Promise<void> {
    await deleteState(this.#api, id);
    this.items = (this.items ?? []).filter((state) => state.id !== id);
  }
}
