import type { CancelOnDisconnect, DisconnectMode } from '@sandpit/schemas/http.ts';

export const DISCONNECT_MODES: readonly { mode: DisconnectMode; label: string; meaning: string }[] =
  [
    {
      mode: 'off',
      label: 'Keep',
      meaning: 'Open orders stay, whatever becomes of the connection.',
    },
    { mode: 'cancel', label: 'Cancel all', meaning: 'All open orders of this session end.' },
    {
      mode: 'cancelExceptGtc',
      label: 'Cancel day orders',
      meaning: 'Open orders end, but for those good till canceled or till a date.',
    },
  ];

export const GRACE_CHOICES_SECONDS = [5, 10, 30, 60, 300] as const;

/** What to tell a trader who is back; null when nothing happened since he was told last. */
export function cancelNews(
  { fired }: Pick<CancelOnDisconnect, 'fired'>,
  toldAt: string | null,
): string | null {
  if (!fired || fired.at === toldAt) return null;
  return `While you were away your open orders were canceled. ${fired.detail}`;
}
