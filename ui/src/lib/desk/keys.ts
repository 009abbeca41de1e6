/** The desk's keys. Single letters act only outside fields and dialogs. */
export const KEYS = [
  { keys: ['B'], does: 'Buy: to the ticket' },
  { keys: ['S'], does: 'Sell: to the ticket' },
  { keys: ['L'], does: 'Limit order' },
  { keys: ['M'], does: 'Market order' },
  { keys: ['↑', '↓'], does: 'In a ticket field: one step; with Shift, ten' },
  { keys: ['Ctrl', 'Enter'], does: 'Send the ticket' },
  { keys: ['['], does: 'Previous instrument' },
  { keys: [']'], does: 'Next instrument' },
  { keys: ['Esc'], does: 'Leave the field, close the dialog' },
  { keys: ['?'], does: 'This list' },
] as const;

export type DeskAction =
  | 'buy'
  | 'sell'
  | 'limit'
  | 'market'
  | 'send'
  | 'previous'
  | 'next'
  | 'leave'
  | 'help';

const LETTERS: Record<string, DeskAction> = {
  b: 'buy',
  s: 'sell',
  l: 'limit',
  m: 'market',
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

/** @param isTyping  Whether a field has the focus. */
export function actionOf(press: KeyPress, isTyping: boolean): DeskAction | null {
  if (press.key === 'Enter' && (press.ctrlKey || press.metaKey)) return 'send';
  if (press.key === 'Escape') return isTyping ? 'leave' : null;
  if (isTyping || press.ctrlKey || press.metaKey || press.altKey) return null;
  return LETTERS[press.key.toLowerCase()] ?? null;
}
