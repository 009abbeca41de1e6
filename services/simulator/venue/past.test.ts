import { FEE_SCHEDULES } from '@sandpit/schemas/fees.ts';
import type { Scenario } from '@sandpit/schemas/scenario.ts';
import { describe, expect, test } from 'vitest';
import { builtInScenarios } from '../../simulators/catalogue/catalogue.ts';
import { openVenue } from './create.ts';
import { type Past, preparePast, venueWithPast } from './past.ts';
import { Desk, HASH, scenarioWith, seconds, startBody } from './testing/commands.ts';

function pastOf(scenario: Scenario, seed: number): Past {
  const steps = preparePast(scenario, HASH, seed);
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value as Past;
  }
}

const opened = (scenario: Scenario, more: Parameters<typeof startBody>[2] = {}, speed = 1) => {
  const desk = new Desk(openVenue(scenario, { simulatorId: 'sim', scenarioHash: HASH }));
  desk.send(startBody(speed, 5, more));
  return desk;
};

/** With the past given, and with the past run by itself. */
function both(scenario: Scenario, more: Parameters<typeof startBody>[2] = {}, speed = 1) {
  const given = opened(scenario, more, speed);
  const venue = venueWithPast(scenario, given.venue, pastOf(scenario, 5));
  const own = opened(scenario, more, speed);
  own.venue.setFramesWanted(false);
  own.venue.advanceTo(seconds(scenario.warmUpSeconds));
  return { given: venue!, own: own.venue };
}

const margin = { type: 'margin' as const, settlementDays: 2, fees: FEE_SCHEDULES[1]! };

describe('a past that was run beforehand is the one that the venue would have run', () => {
  test.each([
    ['a plain start', {}, 1],
    ['other cash, fees and a tier', { riskTier: 'learner' as const, account: margin }, 1],
    ['another speed', {}, 50],
  ])('%s', (_, more, speed) => {
    const { given, own } = both(scenarioWith(), more, speed);
    expect(Buffer.from(given.snapshot()).equals(own.snapshot())).toBe(true);
    expect(given.stateHash()).toBe(own.stateHash());
    const untilNs = seconds(80);
    expect(given.advanceTo(untilNs)).toEqual(own.advanceTo(untilNs));
    expect(given.tapeHash()).toBe(own.tapeHash());
    expect(Buffer.from(given.snapshot()).equals(own.snapshot())).toBe(true);
  });

  test('in every scenario of the catalogue', async () => {
    for (const scenario of await builtInScenarios()) {
      if (scenario.warmUpSeconds === 0) continue;
      const short = { ...scenario, warmUpSeconds: Math.min(120, scenario.warmUpSeconds) };
      const { given, own } = both(short);
      expect(Buffer.from(given.snapshot()).equals(own.snapshot()), scenario.id).toBe(true);
    }
  });
});

test('another seed, another scenario, or a venue that has gone on: it is refused', () => {
  const scenario = scenarioWith();
  const past = pastOf(scenario, 5);
  const [fresh, gone] = [opened(scenario), opened(scenario)];
  gone.venue.advanceTo(seconds(1));
  const unstarted = openVenue(scenario, { simulatorId: 'sim', scenarioHash: HASH });
  expect(venueWithPast(scenario, fresh.venue, { ...past, seed: 6 })).toBeNull();
  expect(venueWithPast(scenario, fresh.venue, { ...past, scenarioHash: 'other' })).toBeNull();
  expect(venueWithPast(scenario, gone.venue, past)).toBeNull();
  expect(venueWithPast(scenario, unstarted, past)).toBeNull();
  const moved = { ...past, begun: { ...past.begun, market: null } };
  expect(venueWithPast(scenario, fresh.venue, moved)).toBeNull();
});
