/** An operator's command: what it is called, what it takes, and what it answers. */
import type { ServiceBroker } from 'moleculer';

/** One line of an answer; columns are the keys of the first line. */
export type Row = Record<string, string | number | boolean | null>;

export interface Answer {
  rows: Row[];
  /** Sentences under the table: totals, what to do next. */
  notes?: string[];
}

export interface CommandOption {
  /** `--depth <levels>` or `--force`. */
  flag: string;
  description: string;
}

export interface OperatorCommand {
  /** `halt <simulator> <symbol> [reason]`: what may be left out stands last, in square brackets. */
  usage: string;
  description: string;
  options: readonly CommandOption[];
  /** @throws OperatorError, or the problem that a service answered. */
  run(broker: ServiceBroker, given: Given): Promise<Answer>;
}

/** What was typed after the command's name. */
export interface Given {
  args: Readonly<Record<string, string>>;
  options: Readonly<Record<string, string | true>>;
}

/** Something the operator can put right. */
export class OperatorError extends Error {
  readonly hint: string;
  constructor(message: string, hint: string) {
    super(message);
    this.name = 'OperatorError';
    this.hint = hint;
  }
}

export const nameOf = ({ usage }: Pick<OperatorCommand, 'usage'>): string => usage.split(' ')[0];
