import { clampPanel, DEFAULT_LAYOUT, type PanelName, parseLayout } from '../client/layout.ts';

const STORED = 'sandpit.layout';

/** How the trader has sized the panels of the wide desk; kept in this browser. */
export class Layout {
  readonly sizes = $state({ ...parseLayout(localStorage.getItem(STORED)) });

  /** @param room  Pixels that the panel and its neighbour share. */
  resize(name: PanelName, size: number, room: number): void {
    this.sizes[name] = clampPanel(name, size, room);
    this.#keep();
  }

  reset(name: PanelName): void {
    this.sizes[name] = DEFAULT_LAYOUT[name];
    this.#keep();
  }

  #keep(): void {
    localStorage.setItem(STORED, JSON.stringify(this.sizes));
  }
}
