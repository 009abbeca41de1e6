/** The desk's keys. Single letters act only outside fields and dialogs, and while they are switched on. */
export const KEYS = [
  { keys: ['B'], does: 'Buy: to the ticket' },
  { keys: ['S'], does: 'Sell: to the ticket' },
  { keys: ['L'], does: 'Limit order' },
  { keys: ['M'], does: 'Market order' },
  { keys: ['E'], does: 'Exits: take-profit and stop-loss' },
  { keys: ['↑', '↓'], does: 'In a ticket field: one step; with Shift, ten' },
  { keys: ['Ctrl', 'Enter'], does: 'Send the ticket' },
  { keys: ['X'], does: 'Cancel all orders of the instrument' },
  { keys: ['C'], does: 'Close the position in the instrument' },
  { keys: ['K'], does: 'Risk limits and kill switch' },
  { keys: ['1', '4'], does: 'Positions, orders, executions, history' },
  { keys: ['[', ']'], does: 'Previous and next instrument' },
  { keys: ['Esc'], does: 'Leave the field, close the dialog' },
  { keys: ['?'], does: 'This list' },
] as const;

export type DeskAction =
  | 'buy'
  | 'sell'
  | 'limit'
  | 'market'
  | 'exits'
  | 'send'
  | 'cancel'
  | 'close'
  | 'positions'
  | 'orders'
  | 'executions'
  | 'history'
  | 'previous'
  | 'next'
  | 'risk'
  | 'leave'
  | 'help';

const LETTERS: Record<string, DeskAction> = {
  b: 'buy',
  s: 'sell',
  l: 'limit',
  m: 'market',
  e: 'exits',
  x: 'cancel',
  c: 'close',
  k: 'risk',
  '1': 'positions',
  '2': 'orders',
  '3': 'executions',
  '4': 'history',
  '[': 'previous',
  ']': 'next',
  '?': 'help',
};

interface KeyPress {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
}

/**
 * @param isTyping    Whether a field has the focus.
 * @param singleKeys  Whether letters alone act.
 */
export function actionOf(press: KeyPress, isTyping: boolean, singleKeys = true): DeskAction | null {
  if (press.key === 'Enter' && (press.ctrlKey || press.metaKey)) return 'send';
  if (press.key === 'Escape') return isTyping ? 'leave' : null;
  if (!singleKeys || isTyping || press.ctrlKey || press.metaKey || press.altKey) return null;
  return LETTERS[press.key.toLowerCase()] ?? null;
}
