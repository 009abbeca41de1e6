/** A session that is run again shows the statistics what really happened in it. */
import { SessionCertificate } from '@sandpit/schemas/certificate.ts';
import type { SimNs } from '@sandpit/schemas/units.ts';
import { Compile } from 'typebox/compile';
import { describe, expect, test } from 'vitest';
import { LARGE_TICK, SMALL_TICK, SPARSE } from '../../market/testing/scenario.ts';
import { scenarioWith } from '../../venue/testing/commands.ts';
import { inputOf, Session } from '../testing/session.ts';
import { certificateOfSession, watchSession } from './certificate.ts';

const WARM_UP = 60;
const scenario = scenarioWith({ warmUpSeconds: WARM_UP });
const OPENS_MS = Date.UTC(2026, 0, 5, 14, 30);

function jump(session: Session, second: number) {
  session.send({ type: 'jumpToTime', toNs: (second * 1e9) as SimNs });
  session.arrive();
}

function traded(): Session {
  const session = new Session(scenario);
  jump(session, 300);
  session.order('in', { quantityLots: 300 });
  const { bid } = session.venue.quote('SMALL')!;
  session.order('rests', { type: 'limit', limitTicks: Math.round(Number(bid) * 100) });
  jump(session, 900);
  session.order('out', { side: 'sell', quantityLots: 300 });
  jump(session, WARM_UP + 1_800);
  return session;
}

describe('the certificate of a session', () => {
  const session = traded();
  const input = inputOf(session);
  const certificate = certificateOfSession(input, SMALL_TICK, OPENS_MS);
  const part = (id: string) => {
    const all = certificate.tests.flatMap(({ parts }) => parts);
    return all.find((each) => each.id === id)!;
  };

  test('has the shape that is promised, and is of the session’s own tape', () => {
    expect([...Compile(SessionCertificate).Errors(certificate)]).toEqual([]);
    expect(certificate.tapeHash).toBe(session.venue.tapeHash());
    expect(certificate).toMatchObject({
      symbol: 'SMALL',
      tickClass: 'small',
      minutes: 30,
      from: '2026-01-05T14:31:00.000Z',
      to: '2026-01-05T15:01:00.000Z',
    });
    expect(certificateOfSession(input, SMALL_TICK, OPENS_MS)).toEqual(certificate);
  });

  test('tells what half an hour can show and says what it cannot', () => {
    expect(part('R6.mean').value).toBeGreaterThan(1);
    expect(part('R1.1s').value).not.toBeNull();
    expect(part('R1.60s')).toMatchObject({
      value: null,
      verdict: 'tooShort',
      need: { of: 'minutes', has: 30 },
    });
    expect(part('R14.exponent')).toMatchObject({ verdict: 'notMeasured', need: null });
    expect(certificate.plots.map((plot) => plot.test)).toContain('R16');
    expect(certificate.plots.map((plot) => plot.test)).not.toContain('R5');
  });

  test('the trader’s own orders are part of the market', () => {
    const { days } = watchSession(input, SMALL_TICK);
    const [day] = days;
    const at = (second: number) =>
      [...day!.orderNs.keys()].filter((i) => Math.abs(day!.orderNs[i]! - second * 1e9) < 1);
    expect(at(300).map((i) => day!.orderSign[i])).toEqual([1]);
    expect(at(300).map((i) => day!.orderLots[i])).toEqual([300]);
    expect(at(900).map((i) => day!.orderSign[i])).toEqual([-1]);
    const without = { ...input, steps: input.steps.slice(0, 2) };
    const lots = (orders: Float64Array) => orders.reduce((sum, each) => sum + each, 0);
    expect(lots(watchSession(without, SMALL_TICK).days[0]!.orderLots)).not.toBe(
      lots(day!.orderLots),
    );
  });

  test.each([LARGE_TICK, SPARSE])('instrument %i has a market of its own', (index) => {
    const other = certificateOfSession(input, index, OPENS_MS);
    expect(other.symbol).toBe(scenario.instruments[index]!.instrument.symbol);
    expect(other.minutes).toBe(30);
    expect(other.marketOrders).toBeGreaterThan(100);
    expect(other.marketOrders).not.toBe(certificate.marketOrders);
  });

  test('a session of a moment says so', () => {
    const short = new Session(scenario);
    const empty = certificateOfSession(inputOf(short), SMALL_TICK, OPENS_MS);
    expect(empty).toMatchObject({ minutes: 0, plots: [] });
    expect(new Set(empty.tests.map(({ verdict }) => verdict))).toEqual(
      new Set(['tooShort', 'notMeasured']),
    );
    expect([...Compile(SessionCertificate).Errors(empty)]).toEqual([]);
  });
});

test('auctions and nights are left out', () => {
  const phases = {
    preOpenSeconds: 60,
    openingAuctionSeconds: 30,
    continuousSeconds: 900,
    closingAuctionSeconds: 60,
    closedSeconds: 150,
  };
  const [first, ...others] = scenario.instruments;
  const withSession = {
    ...scenario,
    warmUpSeconds: 0,
    instruments: [{ ...first!, session: phases }, ...others],
  };
  const session = new Session(withSession);
  jump(session, 2_400);
  const { days } = watchSession(inputOf(session), SMALL_TICK);
  expect(days.map(({ startNs, seconds }) => [startNs / 1e9, seconds])).toEqual([
    [90, 900],
    [1_290, 900],
  ]);
});

test('of a session with a split, one scale is told, and sizes are in its lots', () => {
  const script = [
    { type: 'split', atSeconds: 300, symbol: 'SMALL', newUnits: 2, oldUnits: 1 } as const,
  ];
  const session = new Session({ ...scenario, script });
  jump(session, WARM_UP + 1_800);
  const input = inputOf(session);
  const { days } = watchSession(input, SMALL_TICK);
  expect(days.map(({ startNs }) => startNs / 1e9)).toEqual([300]);
  const certificate = certificateOfSession(input, SMALL_TICK, OPENS_MS);
  expect(certificate.minutes).toBe(26);
  const mode = certificate.tests.flatMap(({ parts }) => parts).find(({ id }) => id === 'R7.mode');
  expect(mode).toMatchObject({ value: 1, verdict: 'within' });
});
