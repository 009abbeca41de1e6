const STORED = 'sandpit.single-keys';

export type BlotterTab = 'positions' | 'orders' | 'executions' | 'history';

/** What of the desk is shown, where more than one part of it decides. */
export class DeskView {
  tab = $state<BlotterTab>('positions');
  /** The blotter shows the chosen instrument alone. */
  onlyInstrument = $state(false);
  /** Letters alone act; off for those who speak to their computer. */
  singleKeys = $state(localStorage.getItem(STORED) !== 'off');

  setSingleKeys(on: boolean): void {
    this.singleKeys = on;
    localStorage.setItem(STORED, on ? 'on' : 'off');
  }
}
