/**
 * The desk of somebody who trades with more than market and limit: brackets, OCO, amending in place,
 * the receipt of an order, leaving a position, and the switch that stops it all.
 */
import { describe, expect, test } from 'vitest';
import { Desk } from './support/desk.ts';
import { hasBrowser, inBrowser } from './support/in-browser.ts';

const PATIENCE = { timeout: 15_000 };

let desk: Desk;

const rows = (role?: string) =>
  desk.at('open-order-row').and(desk.page.locator(role ? `[data-role=${role}]` : '*'));
const states = async () =>
  (await rows().all()).length === 0
    ? []
    : rows().evaluateAll((all) => all.map((row) => row.textContent));
const cents = (price: number) => price.toFixed(2);

/** Fills the ticket's exits, as prices unless it says otherwise. */
async function exits(unit: 'price' | 'percent', target: string, stopLoss: string): Promise<void> {
  const fields = desk.at('ticket-target');
  if ((await fields.count()) === 0) await desk.at('ticket-exits').click();
  await desk.at(`ticket-exits-${unit}`).click();
  await fields.fill(target);
  await desk.at('ticket-stop-loss').fill(stopLoss);
}

async function send(): Promise<void> {
  await desk.at('ticket-submit').click();
  await desk.at('ticket-confirm').click();
}

describe.skipIf(!hasBrowser)('a desk with everything the venue can do', () => {
  inBrowser(async ({ web, newPage }) => {
    desk = new Desk(await newPage());
    await desk.signUp(web);
    await desk.start('synthetic-day');
    await desk.tab('orders');
  });

  test('a bracket that waits: its legs stand under the entry and await it', async () => {
    const price = (await desk.bestPrice('bid')) * 0.98;
    await desk.at('ticket-quantity').fill('10');
    await desk.at('ticket-price').fill(cents(price));
    await exits('percent', '4', '2');
    await expect.poll(() => desk.text('ticket-ratio')).toMatch(/2\.0 : 1/);
    await expect.poll(() => desk.text('ticket-preview'), PATIENCE).toMatch(/Entry: Would rest/);
    await send();
    await desk.at('order-list').waitFor();
    await expect.poll(() => rows().count()).toBe(3);
    await expect.poll(() => rows('parent').textContent(), PATIENCE).toMatch(/Entry.*Working/s);
    expect(await rows('child').first().textContent()).toMatch(/Take-profit.*Awaits entry/s);
    expect(await rows('child').last().textContent()).toMatch(/Stop-loss.*Awaits entry/s);
  });

  test('its receipt says what it waits for; its target is moved in place', async () => {
    await rows('child').first().getByTestId('open-receipt').click();
    await desk.at('receipt').waitFor();
    expect(await desk.at('receipt').getAttribute('data-explanation')).toBe('awaitsEntry');
    await desk.page.keyboard.press('Escape');
    await desk.at('receipt').waitFor({ state: 'hidden' });
    await rows('child').first().getByTestId('edit-order').click();
    const price = cents(Number(await desk.at('edit-price').inputValue()) + 0.5);
    expect(await desk.at('edit-quantity').count()).toBe(0);
    await desk.at('edit-price').fill(price);
    await desk.at('edit-save').click();
    await expect.poll(() => rows('child').first().textContent(), PATIENCE).toContain(price);
  });

  test('the list is canceled whole', async () => {
    await desk.at('cancel-list').click();
    await expect.poll(() => rows().count(), PATIENCE).toBe(0);
    await desk.tab('history');
    await desk.at('history-row').nth(2).waitFor();
  });

  test('a bracket at market: the entry trades, the legs are at work', async () => {
    await desk.tab('orders');
    await desk.at('ticket-type-market').click();
    await exits('percent', '5', '5');
    await send();
    await expect.poll(() => rows('child').count(), PATIENCE).toBe(2);
    await expect
      .poll(states)
      .toEqual([
        expect.stringMatching(/Take-profit.*Working/s),
        expect.stringMatching(/Stop-loss.*Waiting/s),
      ]);
    await desk.tab('history');
    await desk.at('open-receipt').first().click();
    await expect.poll(() => desk.text('receipt-why')).toBe('Traded on arrival');
    await desk.page.keyboard.press('Escape');
    await desk.at('receipt').waitFor({ state: 'hidden' });
  });

  test('closing the position takes its exits along', async () => {
    await desk.tab('positions');
    await desk.at('close-position').click();
    await desk.at('position-confirm').click();
    await expect.poll(() => desk.at('position-row').count(), PATIENCE).toBe(0);
    await desk.tab('orders');
    expect(await rows().count()).toBe(0);
  });

  test('one cancels the other, and a smaller size keeps its place', async () => {
    const bid = await desk.bestPrice('bid');
    await desk.at('ticket-more').click();
    await desk.page.getByTestId('ticket-type-oco').click();
    await desk.at('ticket-quantity').fill('6');
    await desk.at('ticket-target').fill(cents(bid * 0.97));
    await desk.at('ticket-stop-loss').fill(cents(bid * 1.03));
    await send();
    await expect.poll(() => rows('peer').count(), PATIENCE).toBe(2);
    await rows('peer').first().getByTestId('cancel-order').click();
    await expect.poll(() => rows().count(), PATIENCE).toBe(1);
    await desk.at('ticket-type-limit').click();
    await desk.order({ side: 'buy', type: 'limit', quantity: '9', price: cents(bid * 0.96) });
    await expect.poll(() => rows().count(), PATIENCE).toBe(2);
    await rows().first().getByTestId('edit-order').click();
    await desk.at('edit-quantity').fill('4');
    await desk.at('edit-save').click();
    await expect.poll(() => rows().first().textContent(), PATIENCE).toMatch(/Limit.*4/s);
  });

  test('two orders that shrink each other', async () => {
    await desk.at('cancel-order').first().click();
    await expect.poll(() => rows().count(), PATIENCE).toBe(1);
    await desk.at('cancel-order').first().click();
    await expect.poll(() => rows().count(), PATIENCE).toBe(0);
    const bid = await desk.bestPrice('bid');
    await desk.at('ticket-more').click();
    await desk.page.getByTestId('ticket-type-oco').click();
    await desk.at('ticket-link-ouo').click();
    await desk.at('ticket-quantity').fill('6');
    await desk.at('ticket-target').fill(cents(bid * 0.97));
    await desk.at('ticket-stop-loss').fill(cents(bid * 1.03));
    await expect
      .poll(() => desk.at('ticket-preview').allTextContents(), PATIENCE)
      .toEqual(['Take-profit: Would rest in the book.', 'Stop-loss: Would wait for its trigger.']);
    await send();
    await expect.poll(() => desk.text('order-list'), PATIENCE).toContain('One updates the other');
    await desk.at('cancel-list').click();
    await expect.poll(() => rows().count(), PATIENCE).toBe(0);
  });

  test('an entry with exits in parts: each follows it with a size of its own', async () => {
    const bid = await desk.bestPrice('bid');
    await desk.at('ticket-type-limit').click();
    await desk.at('ticket-quantity').fill('10');
    await desk.at('ticket-price').fill(cents(bid * 0.98));
    if ((await desk.at('ticket-target').count()) === 0) await desk.at('ticket-exits').click();
    await desk.at('ticket-exits-percent').click();
    await desk.at('ticket-in-parts').click();
    await desk.at('ticket-add-follower').click();
    await desk.at('ticket-add-follower').click();
    const [prices, quantities] = [desk.at('follower-price'), desk.at('follower-quantity')];
    for (const [i, percent] of ['2', '3', '4'].entries()) await prices.nth(i).fill(percent);
    await quantities.nth(0).fill('4');
    await quantities.nth(1).fill('11');
    await desk.at('ticket-submit').click();
    await expect.poll(() => desk.text('ticket')).toContain('More than the entry.');
    await quantities.nth(1).fill('6');
    await desk.at('follower-kind').nth(2).selectOption('stopLoss');
    await expect
      .poll(() => desk.at('ticket-preview').allTextContents(), PATIENCE)
      .toEqual([
        'Entry: Would rest in the book.',
        '3 exits: come alive with what the entry trades.',
      ]);
    await send();
    await expect.poll(() => desk.text('order-list'), PATIENCE).toContain('Entry with what follows');
    await expect.poll(() => rows('child').count(), PATIENCE).toBe(3);
    await expect.poll(() => rows('child').nth(1).textContent()).toMatch(/Take-profit.*6.*Awaits/s);
    await expect.poll(() => rows('child').nth(2).textContent()).toMatch(/Stop-loss.*10.*Awaits/s);
    await desk.at('cancel-list').click();
    await expect.poll(() => rows().count(), PATIENCE).toBe(0);
    await desk.at('ticket-exits').click();
  });

  test('a pegged order with a limit stops there; its offset is changed in place', async () => {
    const limit = cents((await desk.bestPrice('bid')) * 0.98);
    await desk.at('ticket-more').click();
    await desk.page.getByTestId('ticket-type-pegged').click();
    await desk.at('ticket-quantity').fill('5');
    await desk.at('ticket-peg-offset').fill('-0.05');
    await desk.at('ticket-peg-limit').fill(limit);
    await send();
    await expect.poll(() => rows().first().textContent(), PATIENCE).toContain(`to ${limit}`);
    await rows().first().getByTestId('edit-order').click();
    await desk.at('edit-peg-offset').fill('-0.10');
    await desk.at('edit-save').click();
    await expect.poll(() => rows().first().textContent(), PATIENCE).toContain('own side −0.1');
    await desk.at('ticket-type-limit').click();
  });

  test('the kill switch ends what is open and stops the ticket until it is lifted', async () => {
    await desk.at('open-risk').click();
    await desk.at('kill-reason').fill('A drill.');
    await desk.at('kill-switch').click();
    await desk.page.keyboard.press('Escape');
    await expect.poll(() => desk.text('kill-banner'), PATIENCE).toContain('A drill.');
    await expect.poll(() => rows().count(), PATIENCE).toBe(0);
    await desk.at('ticket-blocked').waitFor();
    expect(await desk.at('ticket-submit').isDisabled()).toBe(true);
    await desk.at('kill-lift').click();
    await desk.at('kill-banner').waitFor({ state: 'hidden' });
    expect(await desk.at('ticket-submit').isDisabled()).toBe(false);
  });

  test('the switch of the account stops this simulator, too', async () => {
    await desk.at('open-risk').click();
    await desk.at('kill-scope-account').click();
    await desk.at('kill-switch').click();
    await desk.page.keyboard.press('Escape');
    await expect.poll(() => desk.text('kill-banner'), PATIENCE).toContain('all your simulators');
    await desk.at('kill-lift').click();
    await desk.at('kill-banner').waitFor({ state: 'hidden' });
  });

  test('the blotter shows one instrument, and saves what it shows', async () => {
    await desk.tab('history');
    const shown = await desk.at('history-row').count();
    await desk.at('only-instrument').click();
    expect(await desk.at('history-row').count()).toBe(shown);
    await desk.at('tab-LUMA').click();
    await expect.poll(() => desk.at('history-row').count()).toBe(0);
    await desk.at('only-instrument').click();
    const saving = desk.page.waitForEvent('download');
    await desk.at('blotter-csv').click();
    expect((await saving).suggestedFilename()).toMatch(/^sandpit-history-\w+\.csv$/);
    await desk.at('tab-ACME').click();
  });

  test('was shown no error that nobody expected', () => {
    expect(desk.errors).toEqual([]);
  });
});
