/** Saved states and simulators that are put away: the words, and the requests. */
import type { Simulator } from '@sandpit/schemas/http.ts';
import type { SavedState } from '@sandpit/schemas/saved-state.ts';
import type { Api } from './api.ts';
import { ApiError, messageOf } from './api-error.ts';
import { dayOf, type TimeZoneChoice, timeOfDay } from './format.ts';

/** As the venue's `SavedStateRequest` has it. */
export const STATE_NAME_MAX = 60;
const SAVE_TIMEOUT_MS = 10_000;
const START_TIMEOUT_MS = 30_000;
const LISTED_TRIES = 10;

export const PUT_AWAY_MEANS =
  'Its market stands still at this moment, with all orders and positions, and it no longer counts ' +
  'against what you may run. It goes on from here when you open it.';
export const SAVE_MEANS =
  'Its market, orders, positions and money as they are now. Start from here as often as you like; ' +
  'this simulator stays as it is.';
export const NOT_PUT_AWAY =
  'It cannot be put away now: it is halted, or is just being opened. Try again in a moment.';

/** "5 Jan 2026, 15:29:58". */
export const momentText = (iso: string, zone: TimeZoneChoice) =>
  `${dayOf(iso, zone)}, ${timeOfDay(iso, zone)}`;

/** A scenario's id in words, where its title is not known: "flash-crash" -> "Flash crash". */
export function titleFrom(id: string): string {
  const words = id.replaceAll(/[-_]+/g, ' ').trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/**
 * What is offered as a name: the scenario and a moment, "Flash crash, 5 Jan 15:29"; a long title gives
 * way to the moment.
 *
 * @param taken  Names that are given away: the moment then has its seconds, or a number follows.
 */
export function defaultStateName(
  title: string,
  iso: string,
  zone: TimeZoneChoice,
  taken: readonly string[] = [],
): string {
  const day = dayOf(iso, zone).replace(/ \d{4}$/, '');
  const time = timeOfDay(iso, zone);
  const names = [headed(title, `${day} ${time.slice(0, 5)}`), headed(title, `${day} ${time}`)];
  for (let i = 2; i <= taken.length + 2; i++) names.push(headed(title, `${day} ${time} (${i})`));
  return names.find((name) => !taken.includes(name)) ?? '';
}

function headed(title: string, moment: string): string {
  const room = STATE_NAME_MAX - moment.length - 2;
  const head = title.length > room ? `${title.slice(0, room - 1).trimEnd()}…` : title;
  return `${head}, ${moment}`;
}

/** What is wrong with a name before anybody is asked; '' = nothing. */
export function nameError(name: string): string {
  if (name.trim() === '') return 'Give it a name.';
  return name.length > STATE_NAME_MAX ? `At most ${STATE_NAME_MAX} characters.` : '';
}

/** A refusal in the place of the name field: what the venue says of the name comes first. */
export function saveErrorText(error: unknown): string {
  const said = error instanceof ApiError ? error.fields.name : undefined;
  return said ? `It ${said}.` : messageOf(error);
}

/** Newest first. @throws ApiError */
export async function listStates(api: Api): Promise<SavedState[]> {
  return (await api.get<{ items: SavedState[] }>('/states')).items;
}

/** @throws ApiError; the field `name` says when it is taken */
export function saveState(api: Api, simulatorId: string, name: string): Promise<SavedState> {
  const options = { timeoutMs: SAVE_TIMEOUT_MS };
  return api.post<SavedState>(`/simulators/${simulatorId}/states`, { name: name.trim() }, options);
}

/** A new simulator, paused where the state was saved. @throws ApiError */
export function startState(api: Api, id: string, sessionId: string): Promise<Simulator> {
  return api.post<Simulator>(`/states/${id}/start`, { sessionId }, { timeoutMs: START_TIMEOUT_MS });
}

/** @throws ApiError */
export function deleteState(api: Api, id: string): Promise<void> {
  return api.delete<void>(`/states/${id}`);
}

/**
 * Resolves when lists say so too, which are a moment behind, or after `LISTED_TRIES` looks.
 *
 * @param pause  Between two looks.
 * @returns      What it is now.
 * @throws ApiError; Error when it has to go on
 */
export async function putAway(
  api: Api,
  simulatorId: string,
  pause: () => Promise<void>,
): Promise<Simulator> {
  const path = `/simulators/${simulatorId}`;
  const simulator = await api.post<Simulator>(`${path}/hibernate`);
  if (simulator.state !== 'hibernated') throw new Error(NOT_PUT_AWAY);
  for (let tries = 0; tries < LISTED_TRIES; tries += 1) {
    // It is put away, whatever becomes of a look.
    const listed = await api.get<Simulator>(path).catch(() => null);
    if (listed?.state === 'hibernated') break;
    await pause();
  }
  return simulator;
}
