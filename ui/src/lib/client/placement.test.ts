import type { OrderRequest, OrderView } from '@sandpit/schemas/http.ts';
import { expect, test } from 'vitest';
import { ApiError } from './api-error.ts';
import { type PlacementRequest, place } from './placement.ts';
import { orderOf } from './testing.ts';

const requestOf = (clientOrderId: string): OrderRequest => ({
  clientOrderId,
  symbol: 'ACME',
  side: 'buy',
  type: 'limit',
  quantity: '1',
  limitPrice: '180.00',
});

/** A desk whose time passes only while it waits. */
function world() {
  const known = new Map<string, OrderView>();
  const told: string[] = [];
  let nowMs = 0;
  return {
    told,
    known,
    book: {
      known: (id: string) => known.get(id),
      apply: (order: OrderView) => void known.set(order.clientOrderId, order),
      annotate: (id: string, note: string) => void told.push(`${id}: ${note}`),
      giveUp: (id: string, note: string) => void told.push(`${id} ends: ${note}`),
    },
    link: () => ({ state: 'live' as const, liveSinceMs: 0 }),
    isStopped: () => false,
    nowMs: () => nowMs,
    pause: async (ms: number) => {
      nowMs += ms;
    },
  };
}

const list = (post: PlacementRequest['post']): PlacementRequest => ({
  orders: [requestOf('a'), requestOf('b')],
  post,
});

test('an answer settles all orders of a list', async () => {
  const desk = world();
  const views = [orderOf({ clientOrderId: 'a' }), orderOf({ clientOrderId: 'b' })];
  const outcome = await place(
    list(async () => views),
    desk,
  );
  expect(outcome).toMatchObject({ kind: 'settled', order: { clientOrderId: 'a' } });
  expect([...desk.known.keys()]).toEqual(['a', 'b']);
  expect(desk.told).toEqual([]);
});

test('a refusal ends all of them, and is not repeated', async () => {
  const desk = world();
  let sends = 0;
  const refuse = async () => {
    sends += 1;
    throw new ApiError('validationFailed', 'Wrong.', { status: 422 });
  };
  expect(await place(list(refuse), desk)).toMatchObject({ kind: 'refused' });
  expect(sends).toBe(1);
  expect(desk.told).toEqual(['a ends: Wrong.', 'b ends: Wrong.']);
});

test.each(['staleOrder', 'orderGateClosed'])(
  '%s at once is the answer; of a repeat it says nothing of the attempt before',
  async (code) => {
    const refusal = new ApiError(code, 'Too old.', { status: 403 });
    const first = world();
    const refuse = () => Promise.reject(refusal);
    expect(await place(list(refuse), first)).toMatchObject({ kind: 'refused', error: { code } });

    // The first attempt arrives while the answer to the repeat is on its way.
    const had = world();
    let sends = 0;
    const lostThenRefused = async () => {
      sends += 1;
      if (sends === 1) throw ApiError.transport('timeout');
      had.known.set('a', orderOf({ clientOrderId: 'a' }));
      throw refusal;
    };
    expect(await place(list(lostThenRefused), had)).toMatchObject({ kind: 'settled' });
    expect(sends).toBe(2);
    expect(had.told).toContain('a: Too late to ask again. Checking with the venue.');

    const never = world();
    sends = 0;
    const lost = async () => {
      sends += 1;
      throw sends === 1 ? ApiError.transport('offline') : refusal;
    };
    expect(await place(list(lost), never)).toEqual({ kind: 'notPlaced' });
    expect(sends).toBe(2);
  },
);

test('without an answer it asks again under the same ids, and says so', async () => {
  const desk = world();
  let sends = 0;
  const outcome = await place(
    list(async () => {
      sends += 1;
      if (sends < 3) throw ApiError.transport('timeout');
      return [orderOf({ clientOrderId: 'a' })];
    }),
    desk,
  );
  expect(outcome.kind).toBe('settled');
  expect(sends).toBe(3);
  expect(desk.told).toContain('b: No answer yet. Asking again: it is safe.');
});

test('what the venue never shows is given up, after a bounded number of attempts', async () => {
  const desk = world();
  let sends = 0;
  const outcome = await place(
    list(async () => {
      sends += 1;
      throw ApiError.transport('timeout');
    }),
    desk,
  );
  expect(outcome).toEqual({ kind: 'notPlaced' });
  expect(sends).toBe(6);
  expect(desk.told.at(-1)).toBe('b ends: The venue never received it.');
});

test('the stream may settle it first', async () => {
  const desk = world();
  const outcome = await place(
    list(async () => {
      desk.book.apply(orderOf({ clientOrderId: 'a', orderId: '17' }));
      throw ApiError.transport('offline');
    }),
    desk,
  );
  expect(outcome).toMatchObject({ kind: 'settled', order: { orderId: '17' } });
});

test('an order of before a reload is asked for once more while that is safe, and else just looked for', async () => {
  let sends = 0;
  const post = async () => {
    sends += 1;
    return [orderOf({ clientOrderId: 'a' })];
  };
  const again = { orders: [requestOf('a')] as const, post };
  expect(await place({ ...again, sentBeforeMs: 5_000 }, world())).toMatchObject({
    kind: 'settled',
  });
  expect(sends).toBe(1);
  const late = world();
  expect(await place({ ...again, sentBeforeMs: 40_000 }, late)).toEqual({ kind: 'notPlaced' });
  expect(sends).toBe(1);
  expect(late.told).toEqual(['a ends: The venue never received it.']);
  const known = world();
  known.known.set('a', orderOf({ clientOrderId: 'a' }));
  expect(await place({ ...again, sentBeforeMs: 40_000 }, known)).toMatchObject({ kind: 'settled' });
  expect(sends).toBe(1);
});

test('whoever leaves is told nothing, and the order is not given up', async () => {
  const desk = { ...world(), isStopped: () => true };
  expect(
    await place(
      list(async () => []),
      desk,
    ),
  ).toEqual({ kind: 'left' });
  expect(desk.told).toEqual([]);
});
