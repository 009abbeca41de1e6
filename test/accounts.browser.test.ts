/** A margin account as its trader sees it: chosen at the start, in the strip, and under a call. */
import { FEE_SCHEDULE_OF_TIER, FEE_SCHEDULES } from '@sandpit/schemas/fees.ts';
import { describe, expect, test } from 'vitest';
import { Desk } from './support/desk.ts';
import { hasBrowser, inBrowser } from './support/in-browser.ts';

/** A day on which VOLT rises after the first minutes. */
const RISING_SEED = '12';

let web: string;
let desk: Desk;

describe.skipIf(!hasBrowser)('an account on margin in the browser', () => {
  inBrowser(async (opened) => {
    web = opened.web;
    desk = new Desk(await opened.newPage());
  });

  test('the scenario proposes it, and says what it costs', async () => {
    await desk.signUp(web);
    await desk.at('scenario-card-synthetic-day').click();
    await expect
      .poll(() => desk.at('start-account-collateral').getAttribute('aria-checked'))
      .toBe('true');
    await desk.at('scenario-card-thin-margin').click();
    await expect
      .poll(() => desk.at('start-account-margin').getAttribute('aria-checked'))
      .toBe('true');
    expect(await desk.at('start-fees').inputValue()).toBe('per-share');
  });

  test('another tier pays by another schedule, unless the scenario has one', async () => {
    await desk.at('start-tier').selectOption('professional');
    expect(await desk.at('start-fees').inputValue()).toBe('per-share');
    await desk.at('scenario-card-synthetic-day').click();
    await expect.poll(() => desk.at('start-fees').inputValue()).toBe('maker-rebate');
    await desk.at('start-tier').selectOption('learner');
    await expect.poll(() => desk.at('start-fees').inputValue()).toBe('commission-free');
    await desk.at('start-tier').selectOption('');
    await expect.poll(() => desk.at('start-fees').inputValue()).toBe('instrument');
    await desk.at('scenario-card-thin-margin').click();
  });

  test('what it may cost is what the venue says, whoever asks', async () => {
    const answer = await fetch(`${web}/api/v1/fee-schedules`);
    expect(await answer.json()).toEqual({ items: FEE_SCHEDULES, ofTiers: FEE_SCHEDULE_OF_TIER });
    const offered = await desk
      .at('start-fees')
      .locator('option')
      .evaluateAll((options) => options.map((option) => option.getAttribute('value')));
    expect(offered).toEqual(FEE_SCHEDULES.map(({ name }) => name));
  });

  test('the strip shows what margin asks for', async () => {
    await desk.at('start-seed').fill(RISING_SEED);
    await desk.start('thin-margin');
    expect(await desk.text('maintenance')).toBe('0.00');
    expect(await desk.text('excess-liquidity')).toBe('100,000.00');
    expect(await desk.text('buying-power')).toBe('200,000.00');
  });

  test('more than the cash can be sold short', async () => {
    await desk.order({ side: 'sell', type: 'market', quantity: '2200' });
    await desk.tab('positions');
    await expect.poll(() => desk.text('position-quantity')).toBe('−2,200');
    const maintenance = await desk.text('maintenance');
    expect(Number(maintenance.replaceAll(',', ''))).toBeGreaterThan(60_000);
  });

  test('a call is an alert with a deadline, and its liquidation is told', async () => {
    await desk.page.getByLabel('Speed of the market').filter({ visible: true }).selectOption('10');
    const call = desk.at('margin-call');
    await call.waitFor({ timeout: 90_000 });
    expect(await call.getAttribute('role')).toBe('alert');
    expect(await call.textContent()).toMatch(/maintenance/i);
    await desk.tab('executions');
    await expect
      .poll(() => desk.at('execution-row').first().textContent(), { timeout: 60_000 })
      .toContain('Liquidation');
    expect(desk.errors).toEqual([]);
  }, 180_000);
});
