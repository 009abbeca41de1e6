/** The network lab as a trader uses it: a bad line on purpose, seen through, scored, ended. */
import { describe, expect, test } from 'vitest';
import { Desk } from './support/desk.ts';
import { hasBrowser, inBrowser } from './support/in-browser.ts';

const PATIENCE = { timeout: 15_000 };

let web: string;
let desk: Desk;

async function startLab(plan: string): Promise<void> {
  await desk.at('connection-badge').click();
  await desk.at('lab-plan').selectOption(plan);
  await desk.at('lab-start').click();
  await desk.at('lab-end').waitFor();
  await desk.page.keyboard.press('Escape');
  await desk.at('lab-panel').waitFor({ state: 'hidden' });
  // The badge has the focus again, and its tooltip covers the ticket.
  await desk.page.keyboard.press('Escape');
}

describe.skipIf(!hasBrowser)('a desk on a bad line', () => {
  inBrowser(async (opened) => {
    web = opened.web;
    desk = new Desk(await opened.newPage());
    await desk.signUp(web);
    await desk.start('synthetic-day');
  });

  test('a venue that takes no orders, until the lab is ended by hand', async () => {
    await startLab('venue');
    await expect.poll(() => desk.text('lab-chip'), PATIENCE).toMatch(/\d+ s/);
    const price = ((await desk.bestPrice('bid')) * 0.98).toFixed(2);
    await desk.order({ side: 'buy', type: 'limit', quantity: '5', price });
    await desk.tab('orders');
    const placed = () => desk.at('open-order-row').filter({ hasText: 'Working' }).count();
    // The desk asks again under the same id, so that in the end there is one order.
    await desk.page.waitForTimeout(3_000);
    expect(await placed()).toBe(0);
    await desk.at('lab-chip').click();
    await desk.at('lab-chip').waitFor({ state: 'hidden' });
    await expect.poll(placed, PATIENCE).toBe(1);
    await desk.at('connection-badge').click();
    await expect.poll(() => desk.text('lab-score'), PATIENCE).toMatch(/Refused by the lab\s*[1-9]/);
    expect(await desk.text('lab-score')).toMatch(/repeated, harmless\s*[1-9].*sent twice\s*0/);
    await desk.page.keyboard.press('Escape');
    await desk.page.keyboard.press('Escape');
  });

  test('a line that breaks: the desk says so, comes back, and the score tells what it cost', async () => {
    await startLab('train');
    const badge = desk.page.locator('[data-testid=connection-badge]').filter({ visible: true });
    await badge.and(desk.page.locator('[data-link=reconnecting]')).waitFor({ timeout: 25_000 });
    expect(await desk.at('lab-chip').count()).toBe(1);
    await desk.isLive(30_000);
    await desk.at('connection-badge').click();
    await desk.at('lab-panel').waitFor();
    await expect.poll(() => desk.text('lab-score'), PATIENCE).toMatch(/Blind\s*once/);
    await expect
      .poll(() => desk.at('lab-score').getAttribute('data-blind'), PATIENCE)
      .toBe('false');
    expect(await desk.text('lab-score')).toMatch(/Back in step after\s*\d+\.\d s/);
    await desk.at('lab-end').click();
    await desk.at('lab-again').waitFor();
    expect(await desk.at('lab-panel').getAttribute('data-state')).toBe('ended');
    await desk.page.keyboard.press('Escape');
    await desk.at('lab-chip').waitFor({ state: 'hidden' });
    expect(desk.errors).toEqual([]);
  });

  test('a scenario brings its own', async () => {
    await desk.page.goto(`${web}/home`);
    await desk.start('commuter');
    await expect.poll(() => desk.text('lab-chip'), PATIENCE).toMatch(/5\d\d s/);
    await desk.at('lab-chip').click();
    await desk.at('lab-chip').waitFor({ state: 'hidden' });
  });
});
