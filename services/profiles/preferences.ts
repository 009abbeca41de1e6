/** A trader's preferences: what was saved over what is the default, so that new ones appear. */
import { Profile } from '@sandpit/schemas/http.ts';
import { Compile } from 'typebox/compile';

export const DEFAULT_PROFILE: Profile = {
  displayName: '',
  theme: 'dark',
  colours: 'greenUp',
  confirmOrders: true,
  timeZone: 'local',
  watchList: [],
};
const NAMES = Object.keys(DEFAULT_PROFILE) as (keyof Profile)[];
const checks = new Map(NAMES.map((name) => [name, Compile(Profile.properties[name])]));

/** Saved values that an older version wrote and this one does not know give way to the default. */
export function preferencesOf(saved: Readonly<Record<string, unknown>> | null): Profile {
  const known = NAMES.filter((name) => saved && checks.get(name)!.Check(saved[name])).map(
    (name) => [name, saved![name]],
  );
  return { ...DEFAULT_PROFILE, ...Object.fromEntries(known) };
}
