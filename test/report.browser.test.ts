/**
 * After the session: news on a wide desk and on a phone, the report with the true cost of an order,
 * and the certificate of the market that it was traded in.
 */
import axe from 'axe-core';
import { describe, expect, test } from 'vitest';
import { Desk } from './support/desk.ts';
import { hasBrowser, inBrowser, WIDE } from './support/in-browser.ts';

/** Its first headline comes four simulated minutes after the start. */
const SCENARIO = 'fee-change';
const SPEED = '20';
const PHONE = { width: 390, height: 844 };
const NEWS_PATIENCE = { timeout: 40_000 };
const RERUN_PATIENCE = { timeout: 30_000 };

let web: string;
let desk: Desk;

describe.skipIf(!hasBrowser)('a session and what is said of it afterwards', () => {
  inBrowser(async (opened) => {
    web = opened.web;
    desk = new Desk(await opened.newPage());
    await desk.signUp(web);
  });

  test('a scenario is found by a word of what happens in it', async () => {
    await desk.at('scenario-filter').fill('commission share');
    await expect.poll(() => desk.page.locator('[data-testid^=scenario-card-]').count()).toBe(1);
    await desk.at('scenario-filter').fill('zebra');
    await desk.at('no-scenario').getByRole('button').click();
    await desk.at('scenario-card-synthetic-day').waitFor();
    await desk.at('scenario-filter').fill('fees change');
    await desk.at('start-speed').selectOption(SPEED);
    await desk.start(SCENARIO);
  }, 60_000);

  test('headlines and fee changes are told, on the wide desk and on the phone', async () => {
    await desk.order({ side: 'buy', type: 'market', quantity: '100' });
    await desk.at('news').waitFor(NEWS_PATIENCE);
    expect(await desk.text('news')).toContain('commission of 0.005 per share');
    await desk.page.setViewportSize(PHONE);
    await desk.at('news').waitFor();
    const box = (await desk.at('news').boundingBox())!;
    expect(box.x + box.width).toBeLessThanOrEqual(PHONE.width);
    await desk.page.setViewportSize(WIDE);
  }, 90_000);

  test('the report has the order, and what it has really cost', async () => {
    const id = new URL(desk.page.url()).pathname.split('/').at(-1)!;
    await desk.page.goto(`${web}/report/${id}`);
    await desk.at('report-equity').waitFor(RERUN_PATIENCE);
    await desk.at('ask-true-cost').first().click();
    await desk.at('what-if-difference').waitFor(RERUN_PATIENCE);
    expect(await desk.text('true-cost')).toContain('without it');
  }, 90_000);

  test('the certificate tells some statistics and says what the others take', async () => {
    await desk.at('certificate-ACME').click();
    await desk.at('certificate-sum').waitFor(RERUN_PATIENCE);
    expect(await desk.text('certificate-sum')).toMatch(
      /\d+ of 1[678] tests in band.*minutes of trading/s,
    );
    await desk.at('certificate-R1').getByRole('button').click();
    expect(await desk.text('certificate-R1.60s')).toMatch(
      /too short to say: takes 360 minutes of trading, here are \d+/,
    );
    await desk.at('certificate-R14').getByRole('button').click();
    expect(await desk.text('certificate-R14.exponent')).toContain('paired runs');
    await desk.page.setViewportSize(PHONE);
    const width = await desk.page.evaluate<number>('document.documentElement.scrollWidth');
    expect(width).toBeLessThanOrEqual(PHONE.width);
    await desk.page.evaluate(axe.source);
    const violations = await desk.page.evaluate<string[]>(
      "axe.run('[data-testid=certificate]').then(({ violations }) => violations.map(({ id }) => id))",
    );
    expect(violations).toEqual([]);
    expect(desk.errors).toEqual([]);
  }, 90_000);
});
