/** What became of the newest commands, so that a repeat gets the same answer. */
import type { CommandOutcome } from './venue.ts';

/** Beyond these a repeated order is still refused: its client id stays known to the blotter. */
export const MAX_OUTCOMES = 2_048;

export class Outcomes {
  /** Oldest first. */
  #byCommand = new Map<string, CommandOutcome>();

  get(commandId: string): CommandOutcome | null {
    return this.#byCommand.get(commandId) ?? null;
  }

  add(outcome: CommandOutcome): void {
    this.#byCommand.set(outcome.commandId, outcome);
    if (this.#byCommand.size <= MAX_OUTCOMES) return;
    for (const oldest of this.#byCommand.keys()) {
      this.#byCommand.delete(oldest);
      return;
    }
  }

  snapshot(): CommandOutcome[] {
    return [...this.#byCommand.values()];
  }

  static restore(outcomes: readonly CommandOutcome[]): Outcomes {
    const restored = new Outcomes();
    for (const outcome of outcomes) restored.#byCommand.set(outcome.commandId, outcome);
    return restored;
  }
}
