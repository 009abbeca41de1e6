import { type Lab, LabRequest } from '@sandpit/schemas/lab.ts';
import { LAB_PLANS, requestOf } from '@sandpit/schemas/lab-plans.ts';
import { Compile } from 'typebox/compile';
import { describe, expect, test } from 'vitest';
import { again, endNews, scoreLines, titleOf } from './lab-words.ts';

const check = Compile(LabRequest);
const quiet = {
  requests: 12,
  requestsLost: 0,
  answersLost: 0,
  refused: 0,
  repeatsSent: 0,
  duplicatesSent: 0,
  cancelsMissed: 0,
  outages: 0,
  blindMs: 0,
  isBlind: false,
  resyncMs: null,
  fillsMissed: 0,
  exposureWorst: '0.00',
  exposureSeconds: '0.00',
};

describe('plans', () => {
  test.each(LAB_PLANS.map((plan) => [plan.name, plan] as const))(
    '%s is one that the server takes',
    (_, plan) => {
      expect([...check.Errors(requestOf(plan, 7))]).toEqual([]);
      for (const { fromSeconds = 0, seconds = 1 } of plan.faults) {
        expect(fromSeconds + seconds).toBeLessThanOrEqual(plan.seconds);
      }
      // However its answer orders the fields.
      const faults = plan.faults.map((fault) =>
        Object.fromEntries(Object.entries(fault).reverse()),
      );
      expect(titleOf({ faults } as never)).toBe(plan.title);
    },
  );
  test('names are unique', () => {
    expect(new Set(LAB_PLANS.map(({ name }) => name)).size).toBe(LAB_PLANS.length);
  });
  test('one of somebody’s own is named by its faults', () => {
    const faults = [{ type: 'loss', ratio: 0.2 }, { type: 'staleBook' }, { type: 'staleBook' }];
    expect(titleOf({ faults } as never)).toBe('broken requests, frozen book');
  });
  test('the same again has the same length and the same luck', () => {
    const lab = {
      faults: LAB_PLANS[1]!.faults,
      seed: 99,
      startedAt: '2026-01-05T14:30:00.250Z',
      endsAt: '2026-01-05T14:31:00.250Z',
    } as Lab;
    expect(again(lab)).toEqual({ seconds: 60, seed: 99, faults: LAB_PLANS[1]!.faults });
  });
});

const bad = (change: object) =>
  scoreLines({ ...quiet, ...change }, 'USD')
    .filter(({ isBad }) => isBad)
    .map(({ label, value }) => `${label}: ${value}`);

test.each`
  change                                                      | says
  ${{}}                                                       | ${[]}
  ${{ duplicatesSent: 2 }}                                    | ${['Orders sent twice: 2']}
  ${{ outages: 1, blindMs: 8_000, resyncMs: 900 }}            | ${[]}
  ${{ outages: 1, blindMs: 18_000, resyncMs: 9_060 }}         | ${['Back in step after: 9.1 s']}
  ${{ outages: 1, fillsMissed: 3, exposureWorst: '1800.00' }} | ${['Fills missed while blind: 3', 'Held while blind, at most: 1,800.00 USD']}
`('what is bad about $change', ({ change, says }) => expect(bad(change)).toEqual(says));

test.each`
  change                                                             | text
  ${{}}                                                              | ${'nothing went wrong'}
  ${{ outages: 2, blindMs: 12_340, fillsMissed: 1 }}                 | ${'blind twice for 12.3 s, 1 fill missed meanwhile'}
  ${{ outages: 3, blindMs: 100, fillsMissed: 2, duplicatesSent: 1 }} | ${'blind 3 times for 0.1 s, 2 fills missed meanwhile, 1 sent twice'}
`('$text', ({ change, text }) => {
  expect(endNews({ score: { ...quiet, ...change } })).toBe(`Network lab over: ${text}.`);
});
