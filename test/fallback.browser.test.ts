/** A trader behind a proxy that holds event streams back: the desk finds its other way by itself. */
import type { Page, Request, Route, WebSocket } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { Desk } from './support/desk.ts';
import { hasBrowser, inBrowserApart, type OpenedApart } from './support/in-browser.ts';

const STREAM = '**/api/v1/simulators/*/stream*';
const BACK_WITHIN_MS = 30_000;

let opened: OpenedApart;
let desk: Desk;

/** What the page sent over its WebSockets, and which orders it posted over HTTP. */
class Traffic {
  readonly operations: string[] = [];
  readonly posted: string[] = [];
  sockets = 0;

  constructor(page: Page) {
    page.on('websocket', (socket: WebSocket) => {
      this.sockets += 1;
      expect(socket.url()).not.toMatch(/token|eyJ/);
      socket.on('framesent', ({ payload }) => {
        const { type, operation } = JSON.parse(String(payload));
        this.operations.push(operation ?? type);
      });
    });
    page.on('request', (request: Request) => {
      const isOrder = request.method() === 'POST' && /\/orders$/.test(request.url());
      if (isOrder) this.posted.push(request.url());
    });
  }
}
let traffic: Traffic;

/** As a captive portal or a filter answers. */
const asPage = (route: Route) =>
  route.fulfill({ status: 200, contentType: 'text/html', body: '<h1>Blocked</h1>' });
/** As a proxy that waits for the end of an answer before it passes it on. */
const held = () => {};
const transport = () => desk.at('connection-badge').first().getAttribute('data-transport');

describe.skipIf(!hasBrowser)('where event streams are blocked', () => {
  inBrowserApart(async (each) => {
    opened = each;
    const page = await opened.newPage();
    await page.route(STREAM, asPage);
    desk = new Desk(page);
    traffic = new Traffic(page);
  });

  test('the desk goes live over a WebSocket, and says so', async () => {
    await desk.signUp(opened.web);
    await desk.start('synthetic-day');
    expect(await transport()).toBe('socket');
    expect(await desk.text('connection-badge')).toContain('WebSocket');
    await desk.page
      .getByText(/holds event streams back/)
      .first()
      .waitFor();
    const book = () => desk.at('book-bid').allInnerTexts();
    const before = await book();
    await expect.poll(book, { timeout: 15_000 }).not.toEqual(before);
  });

  test('orders and heartbeats travel there: a fill, a resting order, a cancel', async () => {
    await desk.order({ side: 'buy', type: 'market', quantity: '10' });
    await desk.tab('executions');
    await desk.at('execution-row').first().waitFor();
    await desk.tab('positions');
    await expect.poll(() => desk.text('position-quantity')).toBe('+10');
    const price = ((await desk.bestPrice('bid')) * 0.98).toFixed(2);
    await desk.tab('orders');
    await desk.order({ side: 'buy', type: 'limit', quantity: '5', price });
    await desk.at('open-order-row').first().waitFor();
    await desk.at('cancel-order').first().click();
    await expect.poll(() => desk.at('open-order-row').count()).toBe(0);
    await expect
      .poll(() => traffic.operations, { timeout: 15_000 })
      .toEqual(expect.arrayContaining(['authenticate', 'submitOrder', 'cancelOrder', 'heartbeat']));
    expect(traffic.posted).toEqual([]);
  });

  test('a cut and a return: greyed but readable, then live again with nothing lost or doubled', async () => {
    const price = ((await desk.bestPrice('bid')) * 0.97).toFixed(2);
    await desk.tab('orders');
    await desk.order({ side: 'buy', type: 'limit', quantity: '7', price });
    // Until the venue has it, a row has no id of the venue’s.
    await desk.page.locator('[data-testid=open-order-row][data-status=new]').first().waitFor();
    const before = await desk.ids('open-order-row', 'data-order-id');
    opened.network.cut();
    await desk.at('lost-veil').waitFor({ timeout: BACK_WITHIN_MS });
    expect(await desk.at('book-bid').count()).toBeGreaterThan(0);
    expect(await desk.ids('open-order-row', 'data-order-id')).toEqual(before);
    opened.network.join();
    await desk.isLive(BACK_WITHIN_MS);
    expect(await transport()).toBe('socket');
    await desk.page.getByText('Back live. Nothing was missed.').first().waitFor();
    expect(await desk.ids('open-order-row', 'data-order-id')).toEqual(before);
    await desk.tab('executions');
    expect(await desk.at('execution-row').count()).toBeGreaterThan(0);
    const fills = await desk.ids('execution-row', 'data-execution-id');
    expect(new Set(fills).size).toBe(fills.length);
  });

  test.each([
    ['as the network goes', () => opened.network.cut()],
    ['before a reload', () => desk.page.reload()],
  ])('an order entered just %s is placed, once', async (_name, happen) => {
    const price = ((await desk.bestPrice('bid')) * 0.96).toFixed(2);
    await desk.tab('orders');
    const before = await desk.at('open-order-row').count();
    await desk.order({ side: 'buy', type: 'limit', quantity: '3', price });
    await happen();
    opened.network.join();
    await desk.isLive(BACK_WITHIN_MS);
    await desk.tab('orders');
    const placed = desk.page.locator('[data-testid=open-order-row][data-status=new]');
    await expect
      .poll(() => placed.filter({ visible: true }).count(), { timeout: BACK_WITHIN_MS })
      .toBe(before + 1);
    const inFlight = () => desk.page.evaluate(() => JSON.stringify({ ...sessionStorage }));
    await expect.poll(inFlight).not.toContain('inFlight');
  });

  test('a reload goes straight there; where streams pass again the desk takes them', async () => {
    const sockets = traffic.sockets;
    await desk.page.reload();
    await desk.isLive();
    expect(await transport()).toBe('socket');
    expect(traffic.sockets).toBe(sockets + 1);
    await desk.page.unroute(STREAM);
    await desk.page.evaluate(() => localStorage.removeItem('sandpit.socketSince'));
    await desk.page.reload();
    await desk.isLive();
    expect(await transport()).toBe('sse');
    expect(desk.errors).toEqual([]);
  });

  test('a proxy that holds answers back until they end is found out, too', async () => {
    const { page: first } = desk;
    const url = first.url();
    await first.route(STREAM, held);
    await first.goto(url);
    await desk.isLive(60_000);
    expect(await transport()).toBe('socket');
    expect(desk.errors).toEqual([]);
  });
});
