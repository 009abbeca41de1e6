/** Made in the layouts, read by whoever needs them: never module variables. */
import { createContext } from 'svelte';
import type { Auth } from './auth.svelte.ts';
import type { DeskView } from './desk-view.svelte.ts';
import type { Notices } from './notices.svelte.ts';
import type { Preferences } from './preferences.svelte.ts';
import type { Session } from './session.svelte.ts';
import type { Simulator } from './simulator.svelte.ts';
import type { Ticket } from './ticket.svelte.ts';

export const [useAuth, provideAuth] = createContext<Auth>();
export const [usePreferences, providePreferences] = createContext<Preferences>();
export const [useSession, provideSession] = createContext<Session>();
export const [useNotices, provideNotices] = createContext<Notices>();
export const [useSimulator, provideSimulator] = createContext<Simulator>();
export const [useTicket, provideTicket] = createContext<Ticket>();
export const [useDeskView, provideDeskView] = createContext<DeskView>();
