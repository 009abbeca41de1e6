/** The desk without a network: it opens, shows what it knew last with its age, trades nothing, and comes back. */
import type { BrowserContext } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { Desk } from './support/desk.ts';
import { hasBrowser, inBrowserApart, type OpenedApart } from './support/in-browser.ts';

const PATIENCE = { timeout: 20_000 };

let opened: OpenedApart;
let context: BrowserContext;
let desk: Desk;

/** For the device and for its worker: the wire is cut, and the device knows it. */
async function goOffline(): Promise<void> {
  opened.network.cut();
  await context.setOffline(true);
}
async function goOnline(): Promise<void> {
  opened.network.join();
  await context.setOffline(false);
}
const link = () => desk.at('connection-badge').first().getAttribute('data-state');
/** In the page. */
const inPage = <T>(script: string): Promise<T> =>
  desk.page.evaluate<T>(`(async () => ${script})()`);
const SHELLS = `(await caches.keys()).filter((name) => name.startsWith('sandpit-shell-'))`;
const shells = () => inPage<string[]>(SHELLS);
const remembered = () =>
  inPage<number>(`(await (await caches.open('sandpit-last-known')).keys()).length`);

describe.skipIf(!hasBrowser)('without a network', () => {
  inBrowserApart(async (each) => {
    opened = each;
    const page = await opened.newPage();
    context = page.context();
    desk = new Desk(page);
    await desk.signUp(opened.web);
    await desk.start('synthetic-day');
  });

  test('the app keeps itself and what it knows, and nothing of the venue’s answers', async () => {
    await expect.poll(shells, PATIENCE).toHaveLength(1);
    await expect.poll(remembered, PATIENCE).toBe(1);
    const kept = await inPage<string[]>(
      `(await (await caches.open((${SHELLS})[0])).keys()).map(({ url }) => new URL(url).pathname)`,
    );
    expect(kept).toContain('/200.html');
    expect(kept.filter((path) => path.startsWith('/api/'))).toEqual([]);
  });

  test('reloaded without a network: the desk as it was, greyed, with its age, and no trading', async () => {
    const price = ((await desk.bestPrice('bid')) * 0.98).toFixed(2);
    await desk.order({ side: 'buy', type: 'limit', quantity: '7', price });
    await desk.tab('orders');
    await expect.poll(() => desk.at('open-order-row').count(), PATIENCE).toBe(1);
    // What is kept is a few seconds behind.
    await desk.page.waitForTimeout(6_000);
    const equity = await desk.text('equity');
    await goOffline();
    await desk.page.reload();
    await expect
      .poll(() => desk.text('last-known'), PATIENCE)
      .toMatch(/^Kept on this device.* ago\.$/);
    expect(await link()).toBe('offline');
    expect(await desk.text('lost-veil')).toContain('This device has no network.');
    expect(await desk.text('equity')).toBe(equity);
    expect(await desk.at('book-ask').count()).toBeGreaterThan(3);
    expect(await desk.page.locator('.veiled').filter({ visible: true }).count()).toBe(5);
    await desk.page.getByText('No chart without a network').waitFor();
    await desk.tab('orders');
    expect(await desk.at('open-order-row').count()).toBe(1);
    await desk.at('ticket-quantity').fill('3');
    expect(await desk.text('ticket-blocked')).toContain('You are offline.');
    expect(await desk.at('ticket-submit').isDisabled()).toBe(true);
    const [before, after] = [await desk.text('last-known'), () => desk.text('last-known')];
    await expect.poll(after, PATIENCE).not.toBe(before);
  });

  test('other addresses open, too, and say what is missing', async () => {
    await desk.page.goto(`${opened.web}/home`);
    await desk.page.getByText('The exchange cannot be reached').waitFor();
    await desk.page.goBack();
    await expect.poll(() => desk.text('last-known'), PATIENCE).toMatch(/ago\.$/);
  });

  test('with the network the desk is live by itself, and trades', async () => {
    await goOnline();
    await desk.isLive();
    await desk.at('lost-veil').waitFor({ state: 'hidden' });
    await desk.tab('orders');
    expect(await desk.at('open-order-row').count()).toBe(1);
    const price = ((await desk.bestPrice('bid')) * 0.98).toFixed(2);
    const sent = desk.page.waitForRequest((request) => request.url().endsWith('/orders'));
    await desk.order({ side: 'buy', type: 'limit', quantity: '4', price });
    await expect.poll(() => desk.at('open-order-row').count(), PATIENCE).toBe(2);
    // It says when it was sent and of when the prices were, by the server's clock.
    const { sentAt, seenAt, receiveWindowMs } = (await sent).postDataJSON();
    const [sentAgoMs, seenMs] = [Date.now() - Date.parse(sentAt), Date.parse(seenAt)];
    expect(receiveWindowMs).toBe(10_000);
    expect(Math.abs(sentAgoMs)).toBeLessThan(10_000);
    expect(Date.parse(sentAt) - seenMs).toBeGreaterThanOrEqual(0);
    expect(Date.parse(sentAt) - seenMs).toBeLessThan(3_000);
    // The session beats again, though it could not be opened without a network.
    const beat = desk.page.waitForResponse((answer) => answer.url().endsWith('/heartbeat'), {
      timeout: 15_000,
    });
    expect((await beat).status()).toBe(200);
    expect(desk.errors).toEqual([]);
  });

  test('who logs out leaves nothing behind to read', async () => {
    await desk.page.goto(`${opened.web}/home`);
    await desk.at('logout').click();
    await desk.at('login-email').waitFor();
    await expect.poll(remembered, PATIENCE).toBe(0);
  });
});
