import { expect, test } from 'vitest';
import { fillNews } from './fill-news.ts';

const fill = (orderId: string, quantity: string, price: string, order: object = {}) => ({
  execution: { orderId, side: 'buy' as const, symbol: 'ACME', quantity, price },
  order: { filledQuantity: quantity, averagePrice: price, ...order },
});
const news = (...fills: ReturnType<typeof fill>[]) => fillNews(fills, () => '0.001');

test('one fill', () =>
  expect(news(fill('1', '1200.000', '180.50'))).toEqual(['Bought 1,200 ACME @ 180.50']));

test('several of one order are one message, at its average', () => {
  const whole = { filledQuantity: '300.000', averagePrice: '180.517' };
  expect(news(fill('1', '200.000', '180.51'), fill('1', '100.000', '180.53', whole))).toEqual([
    'Bought 300 ACME @ 180.517 in 2 fills',
  ]);
});

test('an average of earlier fills is not theirs', () => {
  const earlier = { filledQuantity: '900', averagePrice: '170.00' };
  expect(news(fill('1', '2', '180.51'), fill('1', '1', '180.53', earlier))).toEqual([
    'Bought 3 ACME @ up to 180.53 in 2 fills',
  ]);
  expect(news(fill('1', '2', '180.53'), fill('1', '1', '180.53', earlier))).toEqual([
    'Bought 3 ACME @ 180.53 in 2 fills',
  ]);
});

test('orders are told apart', () => {
  expect(news(fill('1', '2', '180.51'), fill('2', '0.5', '180.53'))).toEqual([
    'Bought 2 ACME @ 180.51',
    'Bought 0.5 ACME @ 180.53',
  ]);
});
