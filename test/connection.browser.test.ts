/** What becomes of open orders when a trader goes away, as he sets it, tries it, and is told of it. */
import { describe, expect, test } from 'vitest';
import { Desk } from './support/desk.ts';
import { hasBrowser, inBrowser } from './support/in-browser.ts';

const PATIENCE = { timeout: 20_000 };

let desk: Desk;

/** Escape closes the dialog; the badge has the focus again, and its tooltip covers the ticket. */
async function closeDialog(): Promise<void> {
  await desk.page.keyboard.press('Escape');
  await desk.at('drill').waitFor({ state: 'hidden' });
  await desk.page.keyboard.press('Escape');
}

describe.skipIf(!hasBrowser)('a trader who goes away', () => {
  inBrowser(async ({ web, newPage }) => {
    desk = new Desk(await newPage());
    await desk.signUp(web);
    await desk.start('synthetic-day');
  });

  test('a drill cuts the stream, says what it did, and the desk comes back with its order', async () => {
    const price = ((await desk.bestPrice('bid')) * 0.98).toFixed(2);
    await desk.order({ side: 'buy', type: 'limit', quantity: '5', price });
    await desk.at('connection-badge').click();
    await desk.at('disconnect-cancel').click();
    await desk.at('disconnect-grace').selectOption('5');
    await expect
      .poll(() => desk.at('disconnect-cancel').getAttribute('aria-checked'), PATIENCE)
      .toBe('true');
    await desk.at('drill').click();
    await expect.poll(() => desk.text('drilled'), PATIENCE).toMatch(/^\d+ streams? w.+ ended/);
    await closeDialog();
    await desk.isLive();
    await desk.tab('orders');
    await expect.poll(() => desk.at('open-order-row').count(), PATIENCE).toBe(1);
    expect(desk.errors).toEqual([]);
  });

  test('whoever stays away for longer finds his order canceled, and hears why', async () => {
    const { page } = desk;
    const address = page.url();
    await page.goto('about:blank');
    // The grace period, and the time in which the cancel is sent and executed.
    await page.waitForTimeout(9_000);
    await page.goto(address);
    await desk.isLive();
    await desk.page
      .getByText('While you were away your open orders were canceled')
      .first()
      .waitFor();
    await desk.tab('orders');
    await expect.poll(() => desk.at('open-order-row').count(), PATIENCE).toBe(0);
    await desk.at('connection-badge').click();
    expect(await desk.text('disconnect-fired')).toContain('Open orders were canceled');
    await closeDialog();
    expect(desk.errors).toEqual([]);
  });
});
