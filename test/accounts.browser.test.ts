/** A margin account as its trader sees it: chosen at the start, in the strip, and under a call. */
import { randomUUID } from 'node:crypto';
import { FEE_SCHEDULES } from '@sandpit/schemas/fees.ts';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { findBrowser } from '../scripts/first-run/browser.ts';
import { Desk, launch } from './support/desk.ts';
import { type System, startSystem } from './support/system.ts';

/** A day on which VOLT rises after the first minutes. */
const RISING_SEED = '12';
const executablePath = findBrowser();

let system: System;
let browser: Browser;
let desk: Desk;

describe.skipIf(!executablePath)('an account on margin in the browser', () => {
  beforeAll(async () => {
    system = await startSystem();
    browser = await launch(executablePath!);
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    desk = new Desk(await context.newPage());
  }, 240_000);
  afterAll(async () => {
    await browser?.close();
    await system?.dispose();
  });
  afterEach(({ task }) => {
    if (task.result?.state === 'fail') console.log(system.complaints().join('\n'));
  });

  test('the scenario proposes it, and says what it costs', async () => {
    await desk.signUp(system.web, `${randomUUID()}@example.com`, `correct horse ${randomUUID()}`);
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

  test('what it may cost is what the venue says, whoever asks', async () => {
    const answer = await fetch(`${system.web}/api/v1/fee-schedules`);
    expect(await answer.json()).toEqual({ items: FEE_SCHEDULES });
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
