/** What can be done with an open order, wherever it is shown. */
import type { ReplaceRequest } from '@sandpit/schemas/http.ts';
import { stateText } from '#lib/client/order-groups.ts';
import { reasonText, STATUS_TEXTS } from '#lib/client/reasons.ts';
import { useNotices, useSimulator } from '#lib/state/contexts.ts';
import type { OrderRow } from '#lib/state/orders.svelte.ts';

/** Call while a component is made. */
export function useOrderActions() {
  const { orders } = useSimulator();
  const notices = useNotices();

  async function cancel(row: OrderRow): Promise<void> {
    try {
      const order = await orders.cancel(row);
      notices.speak(`Order ${STATUS_TEXTS[order.status] ?? order.status}.`);
    } catch (error) {
      notices.failed(error);
    }
  }

  /** @returns whether the venue took it. */
  async function amend(row: OrderRow, change: ReplaceRequest): Promise<boolean> {
    try {
      const { rejectReason } = await orders.replace(row, change);
      if (rejectReason) notices.bad(reasonText(rejectReason));
      else notices.speak('Order changed.');
      return !rejectReason;
    } catch (error) {
      notices.failed(error);
      return false;
    }
  }

  function stateOf(row: OrderRow): string {
    const changing = orders.changing.get(row.orderId);
    if (changing) return changing === 'canceling' ? 'Canceling' : 'Changing';
    return stateText(row, orders.all);
  }

  return { cancel, amend, stateOf };
}
