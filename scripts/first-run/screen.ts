/** What the person at the terminal sees: one line a step, no colour without a terminal. */
import { StartError } from '../servers/start-error.ts';

const LABEL_WIDTH = 38;

const coloured = process.stdout.isTTY === true && !process.env.NO_COLOR;
const paint = (code: number) => (text: string) => (coloured ? `\x1b[${code}m${text}\x1b[0m` : text);
export const green = paint(32);
export const red = paint(31);
export const yellow = paint(33);
export const dim = paint(2);
export const bold = paint(1);

export interface Screen {
  /** Runs a step and prints its line, with the note it returned and the time it took. */
  step<T>(label: string, work: () => Promise<T>, note?: (value: T) => string): Promise<T>;
  say(line: string): void;
  warn(line: string): void;
}

/** @param quiet  `--json`: nothing but the final object goes to standard output. */
export function createScreen(quiet: boolean): Screen {
  const print = (line: string) => (quiet ? console.error(line) : console.log(line));
  return {
    async step(label, work, note) {
      const started = performance.now();
      try {
        const value = await work();
        print(
          `  ${green('✓')} ${label.padEnd(LABEL_WIDTH)} ${seconds(started)} ${dim(note?.(value) ?? '')}`.trimEnd(),
        );
        return value;
      } catch (error) {
        print(`  ${red('✗')} ${label.padEnd(LABEL_WIDTH)} ${seconds(started)}`);
        throw error;
      }
    },
    say: (line) => print(`    ${dim(line)}`),
    warn: (line) => print(`  ${yellow('!')} ${line}`),
  };
}

const seconds = (started: number) =>
  `${((performance.now() - started) / 1000).toFixed(1).padStart(6)} s`;

/** A `StartError` in two sentences; anything else is a defect and shows its stack. */
export function showError(error: unknown): void {
  if (!(error instanceof StartError)) {
    console.error(error);
    return;
  }
  console.error(`\n  ${red('✗')} ${error.message}\n    ${error.remedy}`);
  if (error.logFile) console.error(`    Log: ${error.logFile}`);
  console.error('');
}
