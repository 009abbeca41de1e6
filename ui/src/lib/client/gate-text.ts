import type { GateState } from '@sandpit/schemas/http.ts';

/** What the server's judgement of the connection means for trading. */
export const GATE_TEXTS: Record<GateState, { label: string; meaning: string }> = {
  healthy: { label: 'Healthy', meaning: 'All orders pass.' },
  degraded: { label: 'Degraded', meaning: 'Orders pass; the connection is slow or uneven.' },
  reduceOnly: { label: 'Reduce only', meaning: 'Only orders that reduce a position pass.' },
  closed: { label: 'Closed', meaning: 'New orders are refused. Cancels pass.' },
};
