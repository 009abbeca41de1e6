/**
 * What the product is for, done by a person in a browser: sign up, start a private exchange, trade,
 * and lose nothing when the page is reloaded or the worker is killed.
 */
import { describe, expect, test } from 'vitest';
import { Desk } from './support/desk.ts';
import { hasBrowser, inBrowserApart, type OpenedApart } from './support/in-browser.ts';

const SYNTHETIC = 'synthetic-day';
const RECOVERY_TIMEOUT_MS = 20_000;

let opened: OpenedApart;
let desk: Desk;

describe.skipIf(!hasBrowser)('a trader in the browser', () => {
  inBrowserApart(async (each) => {
    opened = each;
    desk = new Desk(await opened.newPage());
  });

  test('signs up and starts a simulator', async () => {
    await desk.signUp(opened.web);
    await desk.start(SYNTHETIC);
    expect(await desk.at('book-bid').count()).toBeGreaterThanOrEqual(5);
    expect(await desk.at('book-ask').count()).toBeGreaterThanOrEqual(5);
    expect(await desk.bestPrice('bid')).toBeLessThan(await desk.bestPrice('ask'));
  });

  test('sees the market move', async () => {
    const book = () => desk.at('book-bid').allInnerTexts();
    const before = await book();
    await expect.poll(book, { timeout: 15_000 }).not.toEqual(before);
    await expect.poll(() => desk.at('tape-row').count(), { timeout: 30_000 }).toBeGreaterThan(0);
  });

  test('buys at market: a fill, a position, and money that went', async () => {
    const buyingPower = await desk.text('buying-power');
    await desk.order({ side: 'buy', type: 'market', quantity: '10' });
    await desk.tab('executions');
    await desk.at('execution-row').first().waitFor();
    await desk.tab('positions');
    await expect.poll(() => desk.text('position-quantity')).toBe('+10');
    await expect.poll(() => desk.text('buying-power')).not.toBe(buyingPower);
    const equity = await desk.text('equity');
    await expect.poll(() => desk.text('equity'), { timeout: 30_000 }).not.toBe(equity);
  });

  test('rests a limit order, cancels it, and leaves another one resting', async () => {
    const price = ((await desk.bestPrice('bid')) * 0.98).toFixed(2);
    await desk.tab('orders');
    await desk.order({ side: 'buy', type: 'limit', quantity: '5', price });
    await desk.at('open-order-row').first().waitFor();
    await desk.at('cancel-order').first().click();
    await expect.poll(() => desk.at('open-order-row').count()).toBe(0);
    await desk.order({ side: 'buy', type: 'limit', quantity: '7', price });
    await expect.poll(() => desk.at('open-order-row').count()).toBe(1);
  });

  test('sells a part at market', async () => {
    await desk.order({ side: 'sell', type: 'market', quantity: '4' });
    await desk.tab('positions');
    await expect.poll(() => desk.text('position-quantity')).toBe('+6');
    expect(await desk.text('day-pnl')).toMatch(/\d/);
  });

  test('finds everything again after a reload', async () => {
    const before = await belongings();
    await desk.page.reload();
    await desk.isLive();
    await expect.poll(belongings, { timeout: 10_000 }).toEqual(before);
  });

  test('is told that the venue recovers when its worker hangs, and has everything again when it is killed', async () => {
    const before = await belongings();
    const seen = watchConnection();
    // A worker that is killed can be replaced before there is anything to tell.
    opened.system.kill('worker-1', 'SIGSTOP');
    await expect
      .poll(() => seen.states.some((state) => state !== 'live'), { timeout: RECOVERY_TIMEOUT_MS })
      .toBe(true);
    opened.system.kill('worker-1');
    await desk.isLive(RECOVERY_TIMEOUT_MS);
    seen.stop();
    await expect.poll(belongings, { timeout: 10_000 }).toEqual(before);
    const book = () => desk.at('book-bid').allInnerTexts();
    const bids = await book();
    await expect.poll(book, { timeout: 15_000 }).not.toEqual(bids);
    await desk.order({ side: 'sell', type: 'market', quantity: '1' });
    await desk.tab('positions');
    await expect.poll(() => desk.text('position-quantity'), { timeout: 15_000 }).toBe('+5');
  });

  test('loses the network: prices are not trusted, and everything is there when it is back', async () => {
    const before = await belongings();
    opened.network.cut();
    await expect.poll(() => desk.connection(), { timeout: 20_000 }).not.toBe('live');
    await desk.at('ticket-blocked').waitFor();
    expect(await desk.at('ticket-submit').isDisabled()).toBe(true);
    opened.network.join();
    await desk.isLive(RECOVERY_TIMEOUT_MS);
    await expect.poll(belongings, { timeout: 10_000 }).toEqual(before);
  });

  test('saves where it stands, puts it away, wakes it, and starts from what was saved', async () => {
    const before = await belongings();
    await desk.at('state-menu').click();
    await desk.at('save-state').click();
    await desk.at('state-name').fill('Before lunch');
    await desk.at('save-state-confirm').click();
    await desk.at('state-name').waitFor({ state: 'detached' });
    await desk.at('state-menu').click();
    await desk.at('put-away').click();
    await desk.at('put-away-confirm').click();
    await desk.page.waitForURL('**/home');
    await desk.at('simulator-row').first().waitFor();
    expect(await desk.text('simulator-row')).toContain('put away');
    expect(await desk.text('resume-simulator')).toBe('Wake up');
    expect(await desk.text('state-row')).toContain('Before lunch');
    await desk.at('resume-simulator').first().click();
    await desk.isLive();
    await expect.poll(belongings, { timeout: 10_000 }).toEqual(before);
    const woken = desk.page.url();
    await desk.at('go-home').click();
    await desk.at('start-state').click();
    await desk.page.waitForURL('**/desk/**');
    await desk.isLive();
    expect(desk.page.url()).not.toBe(woken);
    await expect.poll(belongings, { timeout: 10_000 }).toEqual(before);
    await desk.at('go-home').click();
    await desk.at('delete-state').click();
    await desk.at('delete-state-confirm').click();
    await expect.poll(() => desk.at('state-row').count()).toBe(0);
    await desk.page.goto(woken);
    await desk.isLive();
  });

  test('trades a recorded day as well', async () => {
    await desk.at('go-home').click();
    const recorded = desk.page.locator('[data-testid^=scenario-card-][data-kind=replay]').first();
    await recorded.waitFor();
    const testId = await recorded.getAttribute('data-testid');
    await desk.start(testId!.replace('scenario-card-', ''));
    const book = () => desk.at('book-bid').allInnerTexts();
    const before = await book();
    await expect.poll(book, { timeout: 15_000 }).not.toEqual(before);
    await desk.order({ side: 'buy', type: 'market', quantity: await smallestSize() });
    await desk.tab('executions');
    await desk.at('execution-row').first().waitFor();
  });

  test('was shown no error that nobody expected', () => {
    expect(desk.errors).toEqual([]);
  });
});

/** One step of the size: what the ticket's up-arrow makes of an empty field. */
async function smallestSize(): Promise<string> {
  const field = desk.at('ticket-quantity');
  await field.fill('');
  await field.press('ArrowUp');
  return field.inputValue();
}

async function belongings() {
  await desk.tab('orders');
  const orders = await desk.ids('open-order-row', 'data-order-id');
  await desk.tab('executions');
  const executions = await desk.ids('execution-row', 'data-execution-id');
  await desk.tab('positions');
  return { orders, executions, position: await desk.text('position-quantity') };
}

/** Notes every state the badge shows, however short. */
function watchConnection(): { states: string[]; stop(): void } {
  const states: string[] = [];
  const timer = setInterval(() => {
    desk.connection().then(
      (state) => state && states.push(state),
      () => {},
    );
  }, 100);
  return { states, stop: () => clearInterval(timer) };
}
