import type { Network } from './link.ts';

/** `navigator.onLine` and the page's visibility, as the live stream wants them. */
export const browserNetwork: Network = {
  isOnline: () => navigator.onLine,
  watch(onChange) {
    const online = () => onChange('online');
    const offline = () => onChange('offline');
    const visibility = () => {
      if (document.visibilityState === 'visible') onChange('visible');
    };
    window.addEventListener('online', online);
    window.addEventListener('offline', offline);
    document.addEventListener('visibilitychange', visibility);
    return () => {
      window.removeEventListener('online', online);
      window.removeEventListener('offline', offline);
      document.removeEventListener('visibilitychange', visibility);
    };
  },
};
