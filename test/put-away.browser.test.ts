/**
 * One trader in two tabs: a desk says that its simulator was put away in the other one and wakes it, the
 * home page keeps its lists by itself, and tells of a session that is about to end.
 */
import axe from 'axe-core';
import { describe, expect, test } from 'vitest';
import { Desk } from './support/desk.ts';
import { hasBrowser, inBrowser, WIDE } from './support/in-browser.ts';

const SCENARIO = 'synthetic-day';
const PHONE = { width: 390, height: 844 };
const SOON = { timeout: 15_000 };

let web: string;
let desk: Desk;
let home: Desk;

describe.skipIf(!hasBrowser)('a simulator that is put away in another tab', () => {
  inBrowser(async (opened) => {
    web = opened.web;
    desk = new Desk(await opened.newPage());
    await desk.signUp(web);
    home = new Desk(await desk.page.context().newPage());
    await home.page.goto(`${web}/home`);
    await home.at('start-simulator').waitFor();
  });

  async function accessible({ page }: Desk): Promise<string[]> {
    await page.evaluate(axe.source);
    const { violations } = (await page.evaluate('axe.run()')) as {
      violations: { id: string; nodes: { html: string }[] }[];
    };
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
  }

  test('the list of the home page follows without a reload', async () => {
    await desk.start(SCENARIO);
    await desk.order({ side: 'buy', type: 'market', quantity: '10' });
    await home.at('simulator-row').first().waitFor(SOON);
    expect(await home.text('simulator-row')).toContain('running');
    await desk.at('pause-resume').click();
    await expect.poll(() => home.text('simulator-row'), SOON).toContain('paused');
    await desk.at('pause-resume').click();
    await expect.poll(() => home.text('simulator-row'), SOON).toContain('running');
  }, 90_000);

  test('a name is offered that a person would give', async () => {
    await desk.at('state-menu').click();
    await desk.at('save-state').click();
    expect(await desk.at('state-name').inputValue()).toMatch(
      /^Three of a kind, \d+ \w{3} \d\d:\d\d$/,
    );
    await desk.at('save-state-confirm').click();
    await desk.at('state-name').waitFor({ state: 'detached' });
    await desk.at('state-menu').click();
    await desk.at('save-state').click();
    await expect
      .poll(() => desk.at('state-name').inputValue())
      .toMatch(/^Three of a kind, \d+ \w{3} \d\d:\d\d:\d\d$/);
    await desk.page.keyboard.press('Escape');
    await desk.at('state-name').waitFor({ state: 'detached' });
  });

  test('put away at home, the desk says so, takes no order, and asks nothing that would wake it', async () => {
    await home.at('state-menu').first().click();
    await home.at('put-away').click();
    await home.at('put-away-confirm').click();
    await home.page.locator('[data-sonner-toast]').waitFor();
    const toast = (await home.page.locator('[data-sonner-toast]').boundingBox())!;
    const row = (await home.at('simulator-row').first().boundingBox())!;
    expect(toast.y + toast.height).toBeLessThanOrEqual(row.y);
    await desk.at('away-veil').waitFor(SOON);
    await expect.poll(() => desk.text('ticket-blocked')).toContain('put away');
    expect(await desk.at('ticket-submit').isDisabled()).toBe(true);
    expect(await desk.at('pause-resume').isDisabled()).toBe(true);
    expect(await accessible(desk)).toEqual([]);
    await expect.poll(() => home.text('simulator-row'), SOON).toContain('put away');
    // Another instrument, another layout: it sleeps on.
    await desk.page.keyboard.press(']');
    await desk.page.setViewportSize(PHONE);
    await desk.at('away-veil').waitFor();
    await desk.page.setViewportSize(WIDE);
    await desk.page.keyboard.press('[');
    expect(await desk.at('away-veil').isVisible()).toBe(true);
    expect(await home.text('simulator-row')).toContain('put away');
  }, 90_000);

  test('it is woken from its desk, and trades on', async () => {
    await desk.at('wake').click();
    await desk.at('away-veil').waitFor({ state: 'detached' });
    const book = () => desk.at('book-bid').allInnerTexts();
    const bids = await book();
    await expect.poll(book, SOON).not.toEqual(bids);
    await expect.poll(() => home.text('simulator-row'), SOON).toContain('running');
    await desk.order({ side: 'sell', type: 'market', quantity: '4' });
    await desk.tab('positions');
    await expect.poll(() => desk.text('position-quantity'), SOON).toBe('+6');
  }, 60_000);

  test('one that was started from a saved state says so', async () => {
    await home.at('start-state').first().click();
    await home.page.waitForURL('**/desk/**');
    await home.isLive();
    await home.at('forked-from').waitFor();
    await home.at('go-home').click();
    await home.at('forked-from').waitFor();
    await home.page.setViewportSize(PHONE);
    await home.page.setViewportSize(WIDE);
  }, 60_000);

  test('a session that is about to end is told of where there is no stream, and can be kept', async () => {
    let minutes = 4;
    await home.page.route('**/api/v1/sessions/*', async (route) => {
      const answer = await route.fetch();
      const expiresAt = new Date(Date.now() + minutes * 60_000 - 5_000).toISOString();
      const session = (await answer.json()) as object;
      await route.fulfill({ response: answer, json: { ...session, expiresAt } });
    });
    await home.page.goto(`${web}/home`);
    await home.at('session-end').waitFor(SOON);
    expect(await home.text('session-end')).toContain('ends in 4 minutes');
    expect(await accessible(home)).toEqual([]);
    await home.page.setViewportSize(PHONE);
    minutes = 30;
    const kept = home.page.waitForResponse('**/extend');
    await home.at('session-stay').click();
    expect((await kept).status()).toBe(200);
    await home.at('session-end').waitFor({ state: 'detached' });
  }, 60_000);

  test('a report has a dash where there is no number', async () => {
    await desk.page.goto(desk.page.url().replace('/desk/', '/report/'));
    await desk.at('report').getByText('Sharpe').waitFor(SOON);
    const numbers = await desk.at('report').locator('dl dd').allInnerTexts();
    expect(numbers.join('|')).not.toContain('none');
    expect(numbers.join('|')).toContain('–');
    await desk.page.setViewportSize(PHONE);
  }, 60_000);

  test('was shown no error that nobody expected', () => {
    expect([...desk.errors, ...home.errors]).toEqual([]);
  });
});
