/** Sizes of the desk's panels: what a drag makes of them, and what was stored. */

/** Pixels. */
export interface DeskLayout {
  blotter: number;
  book: number;
  tape: number;
}

export type PanelName = keyof DeskLayout;

export const DEFAULT_LAYOUT: Readonly<DeskLayout> = { blotter: 248, book: 268, tape: 286 };

/** Smaller than these a panel shows nothing of use. */
const LEAST: Readonly<DeskLayout> = { blotter: 120, book: 216, tape: 90 };
/** What has to be left for the neighbours of a panel. */
const LEFT_FOR_OTHERS: Readonly<DeskLayout> = { blotter: 220, book: 664, tape: 220 };

/** @param room  Pixels that the panel and its neighbour share. */
export function clampPanel(name: PanelName, size: number, room: number): number {
  const most = Math.max(LEAST[name], room - LEFT_FOR_OTHERS[name]);
  return Math.round(Math.min(Math.max(size, LEAST[name]), most));
}

/** Whatever was stored, as a layout: what is no size gets its default. */
export function parseLayout(text: string | null): DeskLayout {
  let stored: Partial<Record<PanelName, unknown>> = {};
  try {
    const value: unknown = JSON.parse(text ?? '{}');
    if (typeof value === 'object' && value !== null) stored = value;
  } catch {
    // Not ours any more: the defaults.
  }
  const size = (name: PanelName) => {
    const value = stored[name];
    const isSize = typeof value === 'number' && value >= LEAST[name] && value <= 4_000;
    return isSize ? value : DEFAULT_LAYOUT[name];
  };
  return { blotter: size('blotter'), book: size('book'), tape: size('tape') };
}
