/** The scenario shows what its title says, whatever the seed; and nothing trades where it must not. */
import type { VenueEvent } from '@sandpit/schemas/event.ts';
import type { LimitState } from '@sandpit/schemas/price-bands.ts';
import { expect, test } from 'vitest';
import type { SimulatedVenue } from '../../simulator/venue/simulated-venue.ts';
import { openDesk } from '../../simulator/venue/testing/commands.ts';
import { builtInScenarios } from './catalogue.ts';

const scenario = (await builtInScenarios()).find(({ id }) => id === 'circuit-breaker')!;

test.each([1, 2, 3])('a limit state, a pause and a reopening (SEED=%i)', (seed) => {
  const desk = openDesk(scenario);
  const venue = desk.venue as SimulatedVenue;
  let trades = 0;
  const onTrade = venue.onTrade.bind(venue);
  venue.onTrade = (...trade) => {
    const [instrument, , , , , priceTicks] = trade;
    const { bands, phase } = venue.exchange.listings[instrument]!;
    // Cheaper than an expectation for each of thousands.
    const isLawful =
      phase === 'continuous' && priceTicks >= bands!.lowTicks && priceTicks <= bands!.highTicks;
    if (!isLawful) throw new Error(`A trade at ${priceTicks} in ${phase}, outside its bands.`);
    trades++;
    onTrade(...trade);
  };
  const events: VenueEvent[] = desk.start(1, seed);
  venue.setFramesWanted(false);
  const states = new Set<LimitState>();
  for (let second = 0; second < 720; second++) {
    events.push(...desk.wait(1_000));
    states.add(venue.quote('FUSE')!.limitState!);
  }
  const phases = events.filter((event) => event.type === 'phaseChanged');
  const fuse = phases.filter(({ symbol }) => symbol === 'FUSE');
  expect(fuse.find(({ phase }) => phase === 'halted')?.haltReason).toBe('volatility');
  expect(fuse.some(({ phase }) => phase === 'reopeningAuction')).toBe(true);
  expect(fuse.some(({ phase }) => phase === 'continuous')).toBe(true);
  expect(states.has('limitUp') || states.has('limitDown')).toBe(true);
  expect(phases.find(({ symbol }) => symbol === 'STAY')).toMatchObject({
    phase: 'halted',
    haltReason: 'newsPending',
    atNs: 480e9,
    endsNs: 600e9,
  });
  expect(trades).toBeGreaterThan(1_000);
});
